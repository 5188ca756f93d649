"""validate_evidence and validate_logo: files as people send them, and as those send them who mean harm."""

from __future__ import annotations

import hashlib
import json
import random
import struct
import zipfile
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from core.http import Problem
from files import uploads
from kit.customer import Customer
from kit.env import Env
from kit.people import Person
from kit.refused import Refused
from kit.server import CLIENT
from kit.waiting import at_once, finished
from PIL import Image, ImageCms
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, TextStringObject

MEGABYTE = 1024 * 1024
EVIDENCE, UPLOADS, LOGOS = "status-evidence", "organization-uploads", "organization-logos"


def put(customer: Customer, content: bytes, kind: str, bucket: str = EVIDENCE, name: str = "") -> str:
    """Upload as the organization's owner; the path."""
    path = f"{customer.organization_id}/{name or uuid4()}"
    answer = customer.person.send(
        "POST", f"/storage/v1/object/{bucket}/{path}", content=content, headers={"Content-Type": kind}
    )
    assert answer.is_success, answer.text
    return path


def is_there(env: Env, bucket: str, path: str) -> bool:
    return bool(env.rows("select id from storage.objects where bucket_id = %s and name = %s", bucket, path))


def validate(customer: Customer, path: str, what: str = "evidence", **more: Any) -> httpx.Response:
    body = {"organization_id": customer.organization_id, "path": path} | more
    return customer.post(f"validate_{what}", body)


def inspect(customer: Customer, content: bytes, kind: str, what: str = "evidence") -> str:
    """The code a file is refused with, or `ok`."""
    bucket = EVIDENCE if what == "evidence" else UPLOADS
    path = put(customer, content, kind, bucket)
    answer = validate(customer, path, what)
    if answer.is_success:
        return "ok"
    assert (answer.status_code, answer.json()["error"]) == (422, "invalid_input"), answer.text
    assert not is_there(customer.env, bucket, path), "what is not fit is not kept"
    ((field, code),) = [
        (fault["field"], fault["code"]) for fault in httpx.Response(200, text=answer.json()["detail"]).json()
    ]
    assert field == "path"
    return str(code)


# Files


def picture(
    kind: str = "PNG", size: tuple[int, int] = (300, 200), mode: str = "RGB", **options: Any
) -> bytes:
    out = BytesIO()
    Image.linear_gradient("L").resize(size).convert(mode).save(out, kind, **options)
    return out.getvalue()


def document(change: Callable[[PdfWriter], object] = lambda _: None, pages: int = 1) -> bytes:
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(200, 200)
    change(writer)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def name(text: str) -> NameObject:
    return NameObject(text)


def launching(writer: PdfWriter) -> None:
    writer.root_object[name("/OpenAction")] = DictionaryObject(
        {name("/S"): name("/Launch"), name("/F"): TextStringObject("calc.exe")}
    )


def script_when_opened(writer: PdfWriter) -> None:
    writer.root_object[name("/OpenAction")] = DictionaryObject(
        {name("/S"): name("/JavaScript"), name("/JS"): TextStringObject("app.alert(1)")}
    )


def script_behind_a_click(writer: PdfWriter) -> None:
    action = DictionaryObject(
        {name("/S"): name("/JavaScript"), name("/JS"): TextStringObject("app.alert(1)")}
    )
    annotation = DictionaryObject({name("/Subtype"): name("/Link"), name("/A"): writer._add_object(action)})
    writer.pages[0][name("/Annots")] = ArrayObject([writer._add_object(annotation)])


def script_nothing_leads_to(writer: PdfWriter) -> None:
    writer._add_object(
        DictionaryObject({name("/S"): name("/JavaScript"), name("/JS"): TextStringObject("1")})
    )


def bomb(side: int = 9_000) -> bytes:
    """A PNG of twelve kilobytes that unfolds to 81 megapixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    rows = zlib.compressobj(9)
    data = b"".join(rows.compress(b"\0" * (side // 8 + 1)) for _ in range(side)) + rows.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def animation(kind: str) -> bytes:
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "green", "blue")]
    out = BytesIO()
    frames[0].save(out, kind, save_all=True, append_images=frames[1:], duration=100)
    return out.getvalue()


def archive() -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("evil.txt", "evil")
    return out.getvalue()


def noise(size: int) -> bytes:
    return random.Random(1).randbytes(size)


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
EXE = b"MZ\x90\x00" + noise(2000)


# Evidence


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (document(), "application/pdf"),
        (document(pages=30), "application/pdf"),
        (document(lambda w: w.encrypt("", "owner")), "application/pdf"),
        (picture("JPEG"), "image/jpeg"),
        (picture("JPEG", mode="CMYK"), "image/jpeg"),
        (picture("JPEG", progressive=True), "image/jpeg"),
        (picture("PNG", mode="RGBA"), "image/png"),
        (picture("PNG", mode="P"), "image/png"),
        (picture("PNG", mode="I;16"), "image/png"),
    ],
)  # fmt: skip
def test_a_document_is_accepted_with_its_digest(anna: Customer, content: bytes, kind: str) -> None:
    path = put(anna, content, kind)
    answer = validate(anna, path)
    assert answer.status_code == 200, answer.text
    accepted = {
        "path": path,
        "content_type": kind,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    assert answer.json() == accepted
    (row,) = anna.person.get("evidence_files", path=f"eq.{path}")
    assert {key: row[key] for key in accepted} == accepted
    assert row["uploaded_by"] == anna.person.user_id
    assert validate(anna, path).json() == accepted, "asked again, the same answer"


def test_what_was_accepted_can_be_handed_in_and_nothing_else(anna: Customer) -> None:
    good, unjudged = put(anna, document(), "application/pdf"), put(anna, document(), "application/pdf")
    validate(anna, good)
    ask = {"organization_id": anna.organization_id, "target_level": "B", "message": "Проверьте нас"}
    answer = anna.person.send(
        "POST", "/rest/v1/rpc/submit_upgrade_request", json=ask | {"evidence_paths": [good, unjudged]}
    )
    assert answer.json()["message"] == "media_not_validated"
    assert anna.person.rpc("submit_upgrade_request", **ask, evidence_paths=[good])["status"] == "pending"


def test_evidence_of_a_claim_is_the_claimants_own(anna: Customer, env: Env) -> None:
    """It lies in a folder of the person's, belongs to no organization, and goes with a claim of theirs alone."""
    stranger = env.sign_up("Дима")

    def put_as(person: Person, owner: Person) -> httpx.Response:
        path = f"claims/{owner.user_id}/{uuid4()}.pdf"
        kind = {"Content-Type": "application/pdf"}
        where = f"/storage/v1/object/{EVIDENCE}/{path}"
        return person.send("POST", where, content=document(), headers=kind)

    assert not put_as(anna.person, stranger).is_success, "nobody writes into another's folder"
    stored = put_as(stranger, stranger)
    assert stored.is_success, stored.text
    path = stored.json()["Key"].removeprefix(f"{EVIDENCE}/")
    body = {"organization_id": None, "path": path}
    assert anna.post("validate_evidence", body).status_code == 422, "nor has it looked at"
    assert anna.post("validate_evidence", body | {"organization_id": anna.organization_id}).status_code == 422
    wish = {"inn": env.rows("select inn from public.organizations where id = %s", anna.organization_id)[0]["inn"], "legal_name": "ООО «Настоящая»", "message": "Это моя", "evidence_paths": [path]}  # fmt: skip
    with pytest.raises(Refused, match="media_not_validated"):
        stranger.rpc("claim_organization", **wish)
    answer = anna.post("validate_evidence", body, token=stranger.token)
    assert answer.status_code == 200, answer.text
    assert answer.json()["path"] == path
    assert stranger.rpc("claim_organization", **wish)["status"] == "pending"


def test_nothing_takes_the_place_of_accepted_evidence(anna: Customer, env: Env) -> None:
    """Also when the same file is inspected again and the inspector has no time for it."""
    path = put(anna, document(), "application/pdf")
    assert validate(anna, path).is_success
    env.service.send(
        "POST", f"/storage/v1/object/{EVIDENCE}/{path}", content=b"%PDF-", headers={"Content-Type": "application/pdf", "x-upsert": "true"}
    )  # fmt: skip
    assert validate(anna, path).status_code == 422
    assert is_there(env, EVIDENCE, path)
    for verb in ("POST", "PUT"):
        again = anna.person.send(
            verb, f"/storage/v1/object/{EVIDENCE}/{path}", content=document(), headers={"Content-Type": "application/pdf", "x-upsert": "true"}
        )  # fmt: skip
        assert not again.is_success, again.text


def test_a_picture_is_what_it_is_whatever_its_name(anna: Customer) -> None:
    path = put(anna, picture("JPEG"), "image/png", name=f"{uuid4()}.png")
    assert validate(anna, path).json()["content_type"] == "image/jpeg"


def test_a_phones_picture_with_a_preview_in_it_does_not_move(anna: Customer) -> None:
    out = BytesIO()
    large, small = Image.new("RGB", (400, 300), "red"), Image.new("RGB", (40, 30), "red")
    large.save(out, "MPO", save_all=True, append_images=[small])
    assert inspect(anna, out.getvalue(), "image/jpeg") == "ok"


HOSTILE: dict[str, tuple[bytes, str, str]] = {
    "nothing": (b"", "application/pdf", "empty"),
    "text": (b"Hello", "application/pdf", "wrong_type"),
    "exe called pdf": (EXE, "application/pdf", "wrong_type"),
    "exe called png": (EXE, "image/png", "wrong_type"),
    "svg": (SVG, "image/png", "wrong_type"),
    "gif": (picture("GIF"), "image/png", "wrong_type"),
    "webp": (picture("WEBP"), "image/png", "wrong_type"),
    "zip": (archive(), "application/pdf", "wrong_type"),
    "html before the pdf": (b"<html>\n" + document(), "application/pdf", "wrong_type"),
    "head of a pdf alone": (b"%PDF-1.7\n", "application/pdf", "damaged"),
    "noise with a pdf's head and tail": (b"%PDF-1.7\n" + noise(5000) + b"\n%%EOF\n", "application/pdf", "damaged"),
    "half a pdf": (document(pages=30)[:-2000], "application/pdf", "damaged"),
    "half a jpeg": (picture("JPEG")[:-2000], "image/jpeg", "damaged"),
    "half a png": (picture("PNG")[:-200], "image/png", "damaged"),
    "head of a jpeg alone": (b"\xff\xd8\xff\xe0", "image/jpeg", "damaged"),
    "noise with a png's head": (b"\x89PNG\r\n\x1a\n" + noise(5000), "image/png", "damaged"),
    "encrypted": (document(lambda w: w.encrypt("secret")), "application/pdf", "encrypted"),
    "no pages": (document(pages=0), "application/pdf", "no_pages"),
    "script": (document(script_when_opened), "application/pdf", "active_content"),
    "script behind a click": (document(script_behind_a_click), "application/pdf", "active_content"),
    "script nothing leads to": (document(script_nothing_leads_to), "application/pdf", "active_content"),
    "launch": (document(launching), "application/pdf", "active_content"),
    "attachment": (document(lambda w: w.add_attachment("evil.exe", EXE)), "application/pdf", "embedded_file"),
    "pdf and zip": (document() + archive(), "application/pdf", "polyglot"),
    "jpeg and zip": (picture("JPEG") + archive(), "image/jpeg", "polyglot"),
    "jpeg and pdf": (picture("JPEG") + document(), "image/jpeg", "polyglot"),
    "pdf in a jpeg's comment": (picture("JPEG", comment=b"%PDF-1.7\n1 0 obj"), "image/jpeg", "polyglot"),
    "php in a jpeg's comment": (picture("JPEG", comment=b"<?php system($_GET[0]); ?>"), "image/jpeg", "polyglot"),
    "png and html": (picture("PNG") + b"<HTML><script>1</script>", "image/png", "polyglot"),
    "png and rar": (picture("PNG") + b"Rar!\x1a\x07\x01\x00", "image/png", "polyglot"),
    "bomb": (bomb(), "image/png", "too_many_pixels"),
    "animation": (animation("PNG"), "image/png", "animated"),
}  # fmt: skip


@pytest.mark.parametrize("which", HOSTILE)
def test_a_hostile_file_is_refused_with_its_code(anna: Customer, which: str) -> None:
    content, kind, code = HOSTILE[which]
    assert inspect(anna, content, kind) == code


@pytest.fixture
def lax_buckets(env: Env) -> Any:
    """Buckets that take more than they should: the function has a limit of its own."""
    usual = env.rows("select id, file_size_limit from storage.buckets")
    env.rows("update storage.buckets set file_size_limit = 100 * 1024 * 1024 returning id")
    yield
    for bucket in usual:
        env.rows(
            "update storage.buckets set file_size_limit = %s where id = %s returning id",
            bucket["file_size_limit"],
            bucket["id"],
        )


@pytest.mark.usefixtures("lax_buckets")
def test_ten_megabytes_are_taken_and_not_a_byte_more(anna: Customer) -> None:
    whole = picture("PNG")
    largest = whole + b"\0" * (10 * MEGABYTE - len(whole))
    assert inspect(anna, largest, "image/png") == "ok"
    assert inspect(anna, largest + b"\0", "image/png") == "too_large"
    assert inspect(anna, noise(60 * MEGABYTE), "image/png") == "too_large"


def test_a_document_made_to_waste_our_time_is_given_up(anna: Customer) -> None:
    """A stream of objects that unfolds to a hundred megabytes: the child that opens it dies, and nobody else notices."""
    unfolded = zlib.compress(b"0 0 " * 25_000_000, 9)
    content = (
        b"%PDF-1.7\n1 0 obj\n<< /Type /ObjStm /N 12500000 /First 50000000 /Filter /FlateDecode /Length "
        + str(len(unfolded)).encode() + b" >>\nstream\n" + unfolded + b"\nendstream\nendobj\n"
        b"2 0 obj\n<< /Type /Catalog /Pages 3 0 R >>\nendobj\n"
        b"trailer\n<< /Root 2 0 R /Size 4 >>\nstartxref\n9\n%%EOF\n"
    )  # fmt: skip
    assert inspect(anna, content, "application/pdf") == "damaged"
    assert inspect(anna, document(), "application/pdf") == "ok"


def judged_by(program: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> uploads.Verdict:
    inspector_py = folder / "inspector.py"
    inspector_py.write_text(program)
    monkeypatch.setattr(uploads, "_INSPECTOR", inspector_py)
    monkeypatch.setattr(uploads, "INSPECTION_SECONDS", 1)
    return finished(uploads._inspect("evidence", inspector_py, folder / "made"))


@pytest.mark.parametrize("fate", ["os.kill(os.getpid(), 9)", "time.sleep(60)"])
def test_a_file_that_brings_its_judge_down_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fate: str
) -> None:
    assert judged_by(f"import os, time; {fate}", tmp_path, monkeypatch).code == "damaged"


def test_a_judge_that_does_not_work_condemns_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Problem, match="503 unavailable"):
        judged_by("import no_such_library", tmp_path, monkeypatch)


# Who may


def test_others_cannot_have_files_judged_that_they_cannot_read(anna: Customer, env: Env) -> None:
    path = put(anna, document(), "application/pdf")
    body = {"organization_id": anna.organization_id, "path": path}
    for somebody in (env.customer("Незнакомец"), anna.hire("Вера", "editor")):
        answer = somebody.post("validate_evidence", body)
        assert (answer.status_code, answer.json()["error"]) == (404, "not_found")
    assert anna.hire("Борис", "admin").post("validate_evidence", body).status_code == 200


@pytest.mark.parametrize("token", ["x", "sb_publishable_x", "a.e30.b"])
def test_a_token_that_is_none_is_refused(anna: Customer, token: str) -> None:
    path = put(anna, document(), "application/pdf")
    answer = anna.post(
        "validate_evidence", {"organization_id": anna.organization_id, "path": path}, token=token
    )
    assert (answer.status_code, answer.json()["error"]) == (401, "sign_in_required")


def test_a_token_somebody_wrote_themselves_is_refused(anna: Customer) -> None:
    head, payload, _ = str(anna.person.token).split(".")
    path = put(anna, document(), "application/pdf")
    answer = anna.post(
        "validate_evidence",
        {"organization_id": anna.organization_id, "path": path},
        token=f"{head}.{payload}.{'x' * 43}",
    )
    assert (answer.status_code, answer.json()["error"]) == (401, "sign_in_required")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("{own}/../{other}/x.pdf", "invalid"),
        ("{own}/a/b.pdf", "invalid"),
        ("/{own}/x.pdf", "invalid"),
        ("{own}/x.pdf?y", "invalid"),
        ("{own}", "invalid"),
        ("{other}/x.pdf", "not_the_organizations"),
    ],
)
def test_a_path_that_leads_elsewhere_is_refused(anna: Customer, path: str, code: str) -> None:
    answer = validate(anna, path.format(own=anna.organization_id, other=uuid4()))
    assert answer.status_code == 422
    assert f'"code": "{code}"' in answer.json()["detail"]


def test_a_file_that_is_not_there_is_not_found(anna: Customer) -> None:
    answer = validate(anna, f"{anna.organization_id}/{uuid4()}.pdf")
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


# Logos


def logo(customer: Customer, content: bytes, kind: str = "image/png") -> Image.Image:
    """The logo that comes of a picture, as everybody gets it."""
    upload = put(customer, content, kind, UPLOADS)
    answer = validate(customer, upload, "logo")
    assert answer.status_code == 200, answer.text
    path = answer.json()["logo_path"]
    assert not is_there(customer.env, UPLOADS, upload)
    (organization,) = customer.person.get("organizations", id=f"eq.{customer.organization_id}")
    assert organization["logo_path"] == path
    public = CLIENT.get(f"{customer.env.stack.api}/storage/v1/object/public/{LOGOS}/{path}", timeout=30)
    assert (public.status_code, public.headers["content-type"]) == (200, "image/webp")
    assert len(public.content) < MEGABYTE
    assert b"EXIF" not in public.content
    assert b"GPS" not in public.content
    image = Image.open(BytesIO(public.content))
    assert (image.format, image.size) == ("WEBP", (512, 512))
    return image.convert("RGBA")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (picture("PNG"), "image/png"),
        (picture("PNG", mode="P"), "image/png"),
        (picture("PNG", mode="LA"), "image/png"),
        (picture("PNG", mode="I;16"), "image/png"),
        (picture("PNG", size=(1, 900)), "image/png"),
        (picture("JPEG", size=(4000, 3000)), "image/jpeg"),
        (picture("JPEG", mode="CMYK"), "image/jpeg"),
        (picture("WEBP", size=(900, 900)), "image/webp"),
    ],
)
def test_a_picture_becomes_a_logo(anna: Customer, content: bytes, kind: str) -> None:
    assert logo(anna, content, kind)


def pixel(image: Image.Image, at: tuple[int, int]) -> tuple[int, ...]:
    """Red, green, blue and how opaque, 0 to 255."""
    found = image.getpixel(at)
    assert isinstance(found, tuple)
    return found


def test_a_logo_stands_on_a_transparent_square(anna: Customer) -> None:
    image = logo(anna, picture("PNG", size=(1024, 512), mode="RGB"))
    assert image.getpixel((256, 2)) == (0, 0, 0, 0)
    assert image.getpixel((256, 509)) == (0, 0, 0, 0)
    assert pixel(image, (256, 256))[3] == 255


def test_a_logo_says_nothing_of_where_it_was_taken_and_is_turned_upright(anna: Customer) -> None:
    picture = Image.new("RGB", (300, 200), "white")
    picture.paste("red", (0, 0, 150, 200))  # the left half; turned, it is the upper one
    exif = Image.Exif()
    exif[0x0112] = 6  # "turn it 90° clockwise"
    exif.get_ifd(0x8825)[2] = (55.0, 45.0, 20.0)
    out = BytesIO()
    picture.save(out, "JPEG", exif=exif)
    assert b"Exif" in out.getvalue()
    image = logo(anna, out.getvalue(), "image/jpeg")
    assert not image.getexif()
    upper, lower = pixel(image, (256, 128)), pixel(image, (256, 384))
    assert upper[1] < 60 < 200 < lower[1]


def test_a_logo_keeps_the_colours_its_profile_meant(anna: Customer) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = logo(anna, picture("JPEG", mode="RGB", icc_profile=profile), "image/jpeg")
    assert "icc_profile" not in image.info


def test_another_logo_has_another_address_and_the_same_one_the_same(anna: Customer) -> None:
    paths = []
    for colour in ("red", "blue", "red"):
        out = BytesIO()
        Image.new("RGB", (64, 64), colour).save(out, "PNG")
        paths.append(
            validate(anna, put(anna, out.getvalue(), "image/png", UPLOADS), "logo").json()["logo_path"]
        )
    assert paths[0] == paths[2] != paths[1]


@pytest.mark.parametrize(
    "which",
    [which for which, (_, kind, _) in HOSTILE.items() if kind != "application/pdf" and which != "webp"],
)
def test_a_hostile_picture_is_no_logo(anna: Customer, which: str) -> None:
    content, kind, code = HOSTILE[which]
    assert inspect(anna, content, kind, "logo") == code
    (organization,) = anna.person.get("organizations", id=f"eq.{anna.organization_id}")
    assert organization["logo_path"] is None


def test_a_moving_webp_and_a_document_are_no_logos(anna: Customer) -> None:
    assert inspect(anna, animation("WEBP"), "image/webp", "logo") == "animated"
    assert inspect(anna, document(), "image/png", "logo") == "wrong_type"
    assert inspect(anna, b"RIFF\x00\x00\x00\x00AVI " + noise(100), "image/webp", "logo") == "damaged"


def test_many_files_at_once_are_all_judged(anna: Customer) -> None:
    paths = [put(anna, document(pages=5), "application/pdf") for _ in range(6)]
    answers = at_once(*[lambda path=path: validate(anna, path).status_code for path in paths])
    assert answers == [200] * 6


def test_a_person_has_ten_files_a_minute_inspected(anna: Customer) -> None:
    path = put(anna, document(), "application/pdf")
    boris = anna.hire("Борис", "admin")
    answers = [validate(anna, path) for _ in range(12)]  # the minute may turn meanwhile
    refused = [answer for answer in answers if answer.status_code == 429]
    if not refused:
        answers += [validate(anna, path) for _ in range(10)]
        refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert {answer.status_code for answer in answers} == {200, 429}
    assert refused[0].json()["error"] == "too_many_requests"
    assert 0 < int(refused[0].headers["retry-after"]) <= 60
    body = {"organization_id": anna.organization_id, "path": path}
    assert boris.post("validate_evidence", body).status_code == 200, "another person has ten of their own"


def test_what_lies_about_is_removed_after_a_day(anna: Customer, env: Env) -> None:
    accepted, unused = (put(anna, document(), "application/pdf") for _ in range(2))
    assert validate(anna, accepted).is_success
    picture_of_a_logo = put(anna, picture(), "image/png", UPLOADS)
    logos = []
    for colour in ("red", "blue"):
        out = BytesIO()
        Image.new("RGB", (64, 64), colour).save(out, "PNG")
        logos.append(
            validate(anna, put(anna, out.getvalue(), "image/png", UPLOADS), "logo").json()["logo_path"]
        )

    def there() -> list[bool]:
        files = [
            (EVIDENCE, accepted),
            (EVIDENCE, unused),
            (UPLOADS, picture_of_a_logo),
            *((LOGOS, logo) for logo in logos),
        ]
        return [is_there(env, bucket, path) for bucket, path in files]

    def cleaned_up_after(hours: int) -> int:
        """How many were removed. Storage dates its files by a clock that tests do not move."""
        as_of = datetime.now(UTC) + timedelta(hours=hours)
        removed: int = env.job("organization_cleanup", as_of=as_of.isoformat())["stale_files_removed"]
        return removed

    cleaned_up_after(hours=23)
    assert there() == [True] * 5
    assert cleaned_up_after(hours=25) >= 3
    assert there() == [True, False, False, False, True]
    assert cleaned_up_after(hours=25) == 0


def test_papers_of_a_claim_are_inspected_and_go_when_no_claim_names_them(anna: Customer, env: Env) -> None:
    """Whoever claims an INN needs no organization; their folder is their own."""
    boris, others = env.sign_up("Борис"), env.sign_up("Вера")

    def hand_in(content: bytes = document()) -> str:
        path = f"claims/{boris.user_id}/{uuid4()}.pdf"
        answer = boris.send(
            "POST", f"/storage/v1/object/{EVIDENCE}/{path}", content=content, headers={"Content-Type": "application/pdf"}
        )  # fmt: skip
        assert answer.is_success, answer.text
        return path

    def inspected(path: str, token: str | None = boris.token) -> httpx.Response:
        return anna.post("validate_evidence", {"organization_id": None, "path": path}, token=token)

    named, unnamed, unseen = hand_in(), hand_in(), hand_in()
    answer = inspected(named)
    assert answer.is_success, answer.text
    assert answer.json()["path"] == named
    assert inspected(unnamed).is_success
    for answer, code in (
        (inspected(unseen, others.token), "not_the_organizations"),
        (inspected(hand_in(b"x")), "wrong_type"),
    ):
        assert json.loads(answer.json()["detail"]) == [{"field": "path", "code": code}]
    inn = anna.person.get("organizations", select="inn", id=f"eq.{anna.organization_id}")[0]["inn"]
    boris.rpc(
        "claim_organization", inn=inn, legal_name="ООО «Настоящая»", message="Моё", evidence_paths=[named]
    )

    def there_at(as_of: datetime) -> list[bool]:
        env.job("organization_cleanup", as_of=as_of.isoformat())
        return [is_there(env, EVIDENCE, path) for path in (named, unnamed, unseen)]

    # Storage dates what lies there by its own clock, the inspection by Postgres', which tests have moved
    assert there_at(datetime.now(UTC) + timedelta(hours=23)) == [True, True, True]
    assert there_at(env.moment(hours=25)) == [True, False, False]
    env.rows("delete from auth.users where id = %s returning id", boris.user_id)
    assert there_at(env.moment(hours=25)) == [False, False, False], "and with the person"


@pytest.mark.parametrize(("column", "most"), [("max_files", "2"), ("max_total_bytes", "max_bytes")])
def test_an_organization_has_room_for_so_much_and_no_more(
    anna: Customer, env: Env, column: str, most: str
) -> None:
    boris = env.customer("Борис")
    before = env.rows("select * from private.file_buckets where id = %s", EVIDENCE)[0][column]
    env.rows(f"update private.file_buckets set {column} = {most} where id = %s returning id", EVIDENCE)
    try:
        for _ in range(2):
            put(
                anna,
                document() + b"\0" * (6 * MEGABYTE if column == "max_total_bytes" else 0),
                "application/pdf",
            )
        path = f"/storage/v1/object/{EVIDENCE}/{anna.organization_id}/{uuid4()}"
        answer = anna.person.send(
            "POST", path, content=document(), headers={"Content-Type": "application/pdf"}
        )
        assert not answer.is_success, answer.text
        put(boris, document(), "application/pdf")
    finally:
        env.rows(
            f"update private.file_buckets set {column} = %s where id = %s returning id", before, EVIDENCE
        )
