"""qr_export: many codes as one ZIP, read as the pickiest of readers do."""

from __future__ import annotations

import csv
import io
import struct
import tracemalloc
import zipfile
import zlib
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from kit.customer import Customer
from kit.env import Env
from PIL import Image
from qr.archive import Archive
from qr.reading import DECODERS

TITLES = ["Мёд / липовый", "=HYPERLINK(1)", "-50 % на мёд", "+7 495", "@chestno", "'так", "CON"]


def made(anna: Customer, **style: Any) -> list[dict[str, Any]]:
    items = [
        {
            "title": title,
            "target_kind": "url",
            "target_url": "https://a.example",
            "tags": ["зима"],
            "style": style,
        }
        for title in TITLES
    ]
    codes: list[dict[str, Any]] = anna.person.rpc(
        "create_qr_codes", organization_id=anna.organization_id, items=items
    )
    return codes


def local_headers(content: bytes) -> dict[str, bytes]:
    """The files as a reader finds them that goes from the beginning and believes each header."""
    files, at = {}, 0
    while content[at : at + 4] == b"PK\3\4":
        flags, method, crc, packed, size, name, extra = struct.unpack("<6xHH4xIIIHH", content[at : at + 30])
        assert not flags & 8
        assert (method, packed) == (0, size)
        begins = at + 30 + name + extra
        body = content[begins : begins + size]
        assert zlib.crc32(body) == crc
        files[content[at + 30 : at + 30 + name].decode()] = body
        at = begins + size
    assert content[at : at + 4] == b"PK\1\2"
    return files


def test_codes_come_as_one_zip(anna: Customer) -> None:
    codes = made(anna, foreground="#1b2a4a")
    answer = anna.post(
        "qr_export", {"organization_id": anna.organization_id, "batch_id": codes[0]["batch_id"], "size": 300}
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    files = local_headers(answer.content)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == list(files)
    by_code = {code["code"]: code for code in codes}
    rows = list(csv.DictReader(io.StringIO(files.pop("manifest.csv").decode("utf-8-sig"))))
    assert [row["file"] for row in rows] == list(files)
    assert len(files) == len(codes)
    for row in rows:
        code = by_code[row["code"]]
        assert (row["url"], row["target"], row["decodes"]) == (code["url"], "https://a.example", "yes")
        assert not row["title"].startswith(("=", "+", "-", "@"))
        assert row["title"].removeprefix("'") == code["title"]
        assert row["file"].startswith(code["code"])
        assert not set('\\/:*?"<>|') & set(row["file"])
        with Image.open(io.BytesIO(files[row["file"]])) as image:
            assert image.size == (300, 300)
            assert DECODERS["zxing"](np.asarray(image.convert("L"))) == {code["url"]}
    assert any(name.endswith("-мёд-липовый.png") for name in files)


@pytest.mark.parametrize("format", ["svg", "pdf"])
def test_by_ids_and_by_tag(anna: Customer, format: str) -> None:
    codes = made(anna)
    some = anna.post(
        "qr_export",
        {"organization_id": anna.organization_id, "ids": [codes[1]["id"], codes[4]["id"]], "format": format},
    )
    assert {name[:10] for name in local_headers(some.content)} == {
        codes[1]["code"],
        codes[4]["code"],
        "manifest.c",
    }
    tagged = anna.post(
        "qr_export", {"organization_id": anna.organization_id, "tag": "зима", "format": format}
    )
    assert len(local_headers(tagged.content)) == len(codes) + 1


def test_more_codes_than_are_held_at_once(env: Env, anna: Customer) -> None:
    with env.database.transaction():
        env.database.execute(
            "set local session_replication_role = replica"
        )  # more than a small plan has room for
        env.database.execute(
            "insert into public.qr_codes (organization_id, title, tags)"
            " select %s, n::text, array['много'] from generate_series(1, 450) n", [anna.organization_id]
        )  # fmt: skip
    body = {"organization_id": anna.organization_id, "tag": "много", "format": "svg"}
    files = local_headers(anna.post("qr_export", body).content)
    rows = list(csv.DictReader(io.StringIO(files.pop("manifest.csv").decode("utf-8-sig"))))
    assert sorted(int(row["title"]) for row in rows) == list(range(1, 451))
    assert [row["file"] for row in rows] == list(files)


def test_what_is_not_exported(env: Env, anna: Customer) -> None:
    codes = made(anna)
    ours = {"organization_id": anna.organization_id}
    assert anna.post("qr_export", ours).status_code == 422
    assert anna.post("qr_export", ours | {"tag": "зима", "batch_id": codes[0]["batch_id"]}).status_code == 422
    assert anna.post("qr_export", ours | {"tag": "лето"}).status_code == 404
    assert anna.post("qr_export", ours | {"ids": [str(uuid4())]}).status_code == 404
    assert anna.post("qr_export", ours | {"tag": "зима", "size": 20}).status_code == 422
    stranger = env.customer("Чужой")
    assert stranger.post("qr_export", ours | {"tag": "зима"}).status_code in (403, 404)
    theirs = {"organization_id": stranger.organization_id, "ids": [codes[0]["id"]]}
    assert stranger.post("qr_export", theirs).status_code == 404


def test_no_more_than_one_file_is_held() -> None:
    archive, sent = Archive(), 0
    picture = bytes(100_000)
    tracemalloc.start()
    for i in range(200):
        sent += len(archive.add(f"{i}.png", picture))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    sent += len(archive.close())
    assert sent > 20_000_000
    assert most < 1_000_000
