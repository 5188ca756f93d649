"""qr_image and qr_check over HTTP: what is printed is what is stored, and who may see what."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any
from uuid import uuid4

import httpx
import numpy as np
import pypdfium2
import pytest
from kit.customer import Customer
from kit.env import Env
from kit.qr import WITH_LOGO, logo
from kit.server import CLIENT
from PIL import Image
from qr.reading import DECODERS


def made(anna: Customer, **item: Any) -> dict[str, Any]:
    """A code of the organization."""
    (code,) = anna.person.rpc(
        "create_qr_codes",
        organization_id=anna.organization_id,
        items=[{"title": "Мёд", "target_kind": "organization_page", **item}],
    )
    found: dict[str, Any] = code
    return found


def get(env: Env, headers: dict[str, str] | None = None, /, **asked: str) -> httpx.Response:
    return CLIENT.get(f"{env.functions}/qr_image", params=asked, headers=headers)


def faults(answer: httpx.Response) -> list[tuple[str, str]]:
    assert (answer.status_code, answer.json()["error"]) == (422, "invalid_input"), answer.text
    return [(fault["field"], fault["code"]) for fault in json.loads(answer.json()["detail"])]


def read(image: Image.Image) -> list[set[str]]:
    return [decoder(np.asarray(image.convert("L"))) for decoder in DECODERS.values()]


def validate(customer: Customer, content: bytes, **purpose: str) -> httpx.Response:
    """Upload a picture, and have a logo made of it."""
    path = f"{customer.organization_id}/{uuid4()}.png"
    uploaded = customer.person.send(
        "POST",
        f"/storage/v1/object/organization-uploads/{path}",
        content=content,
        headers={"Content-Type": "image/png"},
    )
    if not uploaded.is_success:
        return uploaded
    return customer.post(
        "validate_logo", {"organization_id": customer.organization_id, "path": path} | purpose
    )


def bomb() -> bytes:
    """A PNG of twenty kilobytes that unfolds to 169 megapixels."""
    out = BytesIO()
    Image.new("1", (13_000, 13_000)).save(out, "PNG")
    return out.getvalue()


def a_logo(anna: Customer) -> str:
    answer = validate(anna, logo("PNG"), purpose="qr")
    assert answer.status_code == 200, answer.text
    path: str = answer.json()["logo_path"]
    return path


# What is printed


def test_a_code_is_drawn_as_it_is_stored(env: Env, anna: Customer) -> None:
    style = {
        "foreground": "#1B2A4A",
        "background": "#fff8e7",
        "logo_path": a_logo(anna),
        "frame_language": "ru",
    }
    code = made(anna, style=style)
    answer = get(env, code=code["code"].lower(), size="700")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    image = Image.open(BytesIO(answer.content))
    assert image.size == (700, 840)
    assert read(image) == [{code["url"]}] * 2
    assert image.convert("RGB").getpixel((350, 350)) == pytest.approx((0, 166, 81), abs=8)
    svg = get(env, code=code["code"], format="svg", size="42.5")
    assert svg.headers["content-type"].startswith("image/svg+xml")
    assert b'width="42.5mm" height="51mm"' in svg.content
    assert "img-src data:" in svg.headers["content-security-policy"]
    pdf = get(env, code=code["code"], format="pdf")
    assert pdf.headers["content-type"] == "application/pdf"
    with pypdfium2.PdfDocument(pdf.content) as document:
        assert read(document[0].render(scale=300 / 72).to_pil()) == [{code["url"]}] * 2


def test_what_is_known_is_not_sent_again_until_it_changes(env: Env, anna: Customer) -> None:
    code = made(anna)
    first = get(env, code=code["code"])
    etag = first.headers["etag"]
    assert etag.startswith('"')
    assert first.headers["cache-control"] == "no-cache"
    for known in (etag, f'"another", W/{etag}', "*"):
        same = get(env, {"If-None-Match": known}, code=code["code"])
        assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", etag)
    head = CLIENT.head(f"{env.functions}/qr_image", params={"code": code["code"]})
    assert (head.status_code, head.headers["etag"]) == (200, etag)
    anna.person.update("qr_codes", {"id": f"eq.{code['id']}"}, style={"foreground": "#003300"})
    changed = get(env, {"If-None-Match": etag}, code=code["code"])
    assert changed.status_code == 200
    assert changed.headers["etag"] != etag
    assert get(env, code=code["code"], format="svg").headers["etag"] != changed.headers["etag"]


def test_a_code_is_drawn_also_when_its_logo_is_gone(env: Env, anna: Customer) -> None:
    nowhere = f"{anna.organization_id}/gone.webp"
    code = made(anna, style={"logo_path": nowhere})
    assert read(Image.open(BytesIO(get(env, code=code["code"]).content))) == [{code["url"]}] * 2


@pytest.mark.parametrize(
    "code", ["NOSUCHCODE", "short", "x" * 300, "'; drop table", "ЖЖЖЖЖЖЖЖЖЖ", "AAAAA\0AAAA"]
)
def test_there_is_nothing_for_a_code_that_is_not(env: Env, code: str) -> None:
    answer = get(env, code=code)
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("asked", "fault"),
    [
        ({"size": "-1"}, ("size", "invalid")), ({"size": "abc"}, ("size", "invalid")), ({"size": "1e9"}, ("size", "invalid")),
        ({"size": "1" * 400}, ("size", "invalid")), ({"size": "٣٠٠"}, ("size", "invalid")), ({"size": "50000"}, ("size", "out_of_range")),
        ({"size": "20"}, ("size", "out_of_range")), ({"size": "300.5"}, ("size", "invalid")), ({"format": "exe"}, ("format", "invalid")),
        ({"format": "pdf", "size": "1"}, ("size", "out_of_range")), ({"format": "svg", "size": "nan"}, ("size", "invalid")),
    ],
)  # fmt: skip
def test_what_is_not_drawn(env: Env, anna: Customer, asked: dict[str, str], fault: tuple[str, str]) -> None:
    assert faults(get(env, code=made(anna)["code"], **asked)) == [fault]


def test_a_code_is_asked_for(env: Env) -> None:
    assert faults(get(env)) == [("code", "required")]


# How it would look


def preview(customer: Customer, **more: Any) -> httpx.Response:
    return customer.post("qr_image", {"organization_id": customer.organization_id, **more})


def test_members_see_how_a_code_would_look(anna: Customer) -> None:
    answer = preview(anna, style={"module_shape": "dots"}, size=512)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    (seen,) = {text for texts in read(Image.open(BytesIO(answer.content))) for text in texts}
    assert len(seen.rpartition("/")[2]) == 10
    assert (
        anna.hire("Глеб", "viewer").post("qr_image", {"organization_id": anna.organization_id}).status_code
        == 200
    )


def test_others_do_not(env: Env, anna: Customer) -> None:
    stranger = env.customer("Чужой")
    assert stranger.post("qr_image", {"organization_id": anna.organization_id}).status_code == 403
    assert (
        stranger.post("qr_image", {"organization_id": anna.organization_id}, token="x.y.z").status_code == 401
    )
    assert CLIENT.post(f"{env.functions}/qr_image", json={}).status_code == 401


def test_a_style_that_cannot_be_read_is_not_drawn(env: Env, anna: Customer) -> None:
    assert faults(preview(anna, style={"foreground": "#777777"})) == [("style", "contrast_too_low")]
    other = env.customer("Другая")
    assert faults(preview(anna, style={"logo_path": f"{other.organization_id}/logo.webp"})) == [
        ("style.logo_path", "not_the_organizations")
    ]
    assert faults(preview(anna, style={"glow": 1})) == [("style.glow", "unknown_field")]
    assert faults(preview(anna, size=1e9)) == [("size", "out_of_range")]
    assert faults(preview(anna, format="gif")) == [("format", "invalid")]


# Before printing


def check(customer: Customer, size_mm: float | None = None, /, **style: Any) -> dict[str, Any]:
    answer = customer.post("qr_check", {"style": style} | ({"size_mm": size_mm} if size_mm else {}))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_good_style_is_read_by_both(anna: Customer) -> None:
    every = dict.fromkeys(("clean", "blurred", "small"), True)
    found = check(anna, foreground="#1b2a4a", module_shape="rounded", logo_path=a_logo(anna))
    assert found.pop("min_mm") > 10
    assert found == {
        "ok": True, "contrast": 14.22, "dark_on_light": True, "decodes": {"zxing": every, "opencv": every}, "problems": [],
    }  # fmt: skip


def test_what_is_wrong_is_named(anna: Customer) -> None:
    inverted = check(anna, foreground="#ffffff", background="#000000")
    assert (inverted["ok"], inverted["contrast"], inverted["dark_on_light"]) == (False, 21, False)
    assert set(inverted["problems"]) == {"light_on_dark", "unreadable"}
    assert not inverted["decodes"]["opencv"]["clean"]
    pale = check(anna, foreground="#777777")
    assert (pale["ok"], pale["contrast"], pale["problems"]) == (False, 4.47, ["contrast_too_low"])
    assert check(anna, foreground="transparent") | {"decodes": 0} == {
        "ok": False, "contrast": None, "dark_on_light": None, "decodes": 0, "min_mm": None, "problems": ["invalid"],
    }  # fmt: skip
    assert check(anna, 5)["problems"] == ["too_small"]
    assert check(anna, 40)["ok"]
    assert check(anna, None, **WITH_LOGO)["problems"] == ["not_the_organizations"]
    assert check(anna, logo_path=f"{anna.organization_id}/gone.webp")["problems"] == ["unknown"]


def test_only_members_check(env: Env, anna: Customer) -> None:
    alone = Customer(env, env.sign_up("Никто"), anna.organization_id)
    assert alone.post("qr_check", {"style": {}}).status_code == 403
    assert CLIENT.post(f"{env.functions}/qr_check", json={"style": {}}).status_code == 401
    assert faults(anna.post("qr_check", {})) == [("style", "required")]
    assert faults(anna.post("qr_check", {"style": {}, "size_mm": -1})) == [("size_mm", "invalid")]


# Logos for codes


def test_an_editor_brings_a_logo_for_codes_and_no_other(env: Env, anna: Customer) -> None:
    vera = anna.hire("Вера", "editor")
    assert a_logo(vera).startswith(anna.organization_id)
    assert validate(vera, logo("PNG")).status_code == 403
    (organization,) = anna.person.get("organizations", id=f"eq.{anna.organization_id}")
    assert organization["logo_path"] is None
    assert validate(anna.hire("Глеб", "viewer"), logo("PNG"), purpose="qr").status_code in (400, 403), (
        "may not upload"
    )
    assert faults(validate(anna, logo("PNG"), purpose="flag")) == [("purpose", "invalid")]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"MZ\x90\x00 this program cannot be run", "wrong_type"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "wrong_type"),
        (bomb(), "too_many_pixels"),
    ],
    ids=["nothing", "a program", "a drawing with a script", "a bomb"],
)
def test_a_hostile_picture_is_no_logo(anna: Customer, content: bytes, code: str) -> None:
    assert faults(validate(anna, content, purpose="qr")) == [("path", code)]
