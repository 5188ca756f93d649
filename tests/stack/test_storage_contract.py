"""Uploads, downloads, signed addresses and lists, as storage-js and supabase-py use them."""

from __future__ import annotations

from uuid import uuid4

from kit.contract import Supabase, supabase_py
from kit.people import Person

PRIVATE, PUBLIC = "contract-private", "contract-public"


def upload(supabase: Supabase, path: str, headers: dict[str, str], content: bytes = b"hello") -> int:
    """As storage-js does it in a browser: a form, the file under an empty name."""
    return supabase.http.post(
        f"/storage/v1/object/{path}",
        headers=headers,
        data={"cacheControl": "3600"},
        files={"": ("blob", content, "text/plain")},
    ).status_code


def test_a_form_is_an_upload(supabase: Supabase, anna: Person) -> None:
    path = f"{PRIVATE}/{anna.user_id}/{uuid4().hex}.txt"
    assert upload(supabase, path, anna.headers, "содержание".encode()) == 200
    answer = supabase.http.get(f"/storage/v1/object/{path}", headers=anna.headers)
    assert answer.content == "содержание".encode()
    assert answer.headers["content-type"].startswith("text/plain")
    authenticated = supabase.http.get(f"/storage/v1/object/authenticated/{path}", headers=anna.headers)
    assert authenticated.content == answer.content


def test_a_raw_body_is_an_upload(supabase: Supabase, anna: Person) -> None:
    path = f"{PRIVATE}/{anna.user_id}/{uuid4().hex}.bin"
    raw = anna.headers | {"content-type": "application/octet-stream"}
    assert supabase.http.post(f"/storage/v1/object/{path}", headers=raw, content=bytes(range(256))).is_success
    assert supabase.http.get(f"/storage/v1/object/{path}", headers=anna.headers).content == bytes(range(256))


def test_policies_decide_about_files(supabase: Supabase, anna: Person, boris: Person) -> None:
    path = f"{PRIVATE}/{anna.user_id}/{uuid4().hex}.txt"
    for headers in (boris.headers, supabase.anon):
        assert upload(supabase, path, headers) == 400
    assert upload(supabase, path, anna.headers) == 200
    assert upload(supabase, path, anna.headers) == 400  # it is there
    assert upload(supabase, path, anna.headers | {"x-upsert": "true"}, b"newer") == 200
    for headers in (boris.headers, supabase.anon):
        assert supabase.http.get(f"/storage/v1/object/{path}", headers=headers).status_code == 400
        body = {"expiresIn": 60}
        signed = supabase.http.post(f"/storage/v1/object/sign/{path}", headers=headers, json=body)
        assert signed.status_code == 400


def test_signed_addresses(supabase: Supabase, anna: Person) -> None:
    name = f"{anna.user_id}/{uuid4().hex}.txt"
    upload(supabase, f"{PRIVATE}/{name}", anna.headers)
    one = supabase.http.post(
        f"/storage/v1/object/sign/{PRIVATE}/{name}", headers=anna.headers, json={"expiresIn": 60}
    ).json()
    assert one["signedURL"].startswith(f"/object/sign/{PRIVATE}/{name}?token=")
    assert supabase.http.get(f"/storage/v1{one['signedURL']}").content == b"hello"
    assert supabase.http.get(f"/storage/v1{one['signedURL']}x").status_code == 400
    missing = f"{anna.user_id}/none.txt"
    found, not_found = supabase.http.post(
        f"/storage/v1/object/sign/{PRIVATE}",
        headers=anna.headers,
        json={"expiresIn": 60, "paths": [name, missing]},
    ).json()
    assert supabase.http.get(f"/storage/v1{found['signedURL']}").content == b"hello"
    assert (not_found["path"], not_found["signedURL"]) == (missing, None)
    assert not_found["error"]


def test_signed_uploads(supabase: Supabase, anna: Person) -> None:
    name = f"{anna.user_id}/{uuid4().hex}.txt"
    signed = supabase.http.post(
        f"/storage/v1/object/upload/sign/{PRIVATE}/{name}", headers=anna.headers
    ).json()
    assert signed["url"].startswith(f"/object/upload/sign/{PRIVATE}/{name}?token=")
    files = {"": ("blob", b"signed", "text/plain")}
    assert supabase.http.put(f"/storage/v1{signed['url']}", files=files).is_success
    assert (
        supabase.http.get(f"/storage/v1/object/{PRIVATE}/{name}", headers=anna.headers).content == b"signed"
    )


CONTENT = bytes(range(256)) * 1000
"""256,000 bytes."""


def addresses_of_a_file(supabase: Supabase, anna: Person) -> dict[str, dict[str, str]]:
    """One file by each of its addresses, and the headers to ask with."""
    name = f"{anna.user_id}/{uuid4().hex}.mp4"
    for path, headers in ((f"{PRIVATE}/{name}", anna.headers), (f"{PUBLIC}/{name}", supabase.service)):
        raw = headers | {"content-type": "video/mp4"}
        assert supabase.http.post(f"/storage/v1/object/{path}", headers=raw, content=CONTENT).is_success
    signed = supabase.http.post(
        f"/storage/v1/object/sign/{PRIVATE}/{name}", headers=anna.headers, json={"expiresIn": 60}
    ).json()["signedURL"]
    return {
        f"/storage/v1/object/{PRIVATE}/{name}": anna.headers,
        f"/storage/v1/object/authenticated/{PRIVATE}/{name}": anna.headers,
        f"/storage/v1/object/public/{PUBLIC}/{name}": {},
        f"/storage/v1{signed}": {},
    }


def test_a_part_of_a_file(supabase: Supabase, anna: Person) -> None:
    size = len(CONTENT)
    parts = {
        "bytes=0-99": (0, 99),
        "bytes=1000-": (1000, size - 1),
        "bytes=-100": (size - 100, size - 1),
        "bytes=0-0": (0, 0),
        f"bytes={size - 1}-": (size - 1, size - 1),
        f"bytes=255900-{size * 2}": (255900, size - 1),
        f"bytes=-{size * 2}": (0, size - 1),
    }
    for address, headers in addresses_of_a_file(supabase, anna).items():
        for asked, (first, last) in parts.items():
            answer = supabase.http.get(address, headers=headers | {"Range": asked})
            assert answer.status_code == 206, (address, asked)
            assert answer.headers["content-range"] == f"bytes {first}-{last}/{size}"
            assert answer.headers["content-length"] == str(last - first + 1)
            assert answer.headers["content-type"] == "video/mp4"
            assert answer.content == CONTENT[first : last + 1]
        whole = supabase.http.get(address, headers=headers)
        assert (whole.status_code, whole.content) == (200, CONTENT)
        assert whole.headers["accept-ranges"] == "bytes"
        assert "content-range" not in whole.headers


def test_a_part_that_is_not_in_the_file(supabase: Supabase, anna: Person) -> None:
    for address, headers in addresses_of_a_file(supabase, anna).items():
        for asked in (f"bytes={len(CONTENT)}-", f"bytes={len(CONTENT)}-{len(CONTENT) + 9}", "bytes=-0"):
            answer = supabase.http.get(address, headers=headers | {"Range": asked})
            assert answer.status_code == 416, (address, asked)


def test_the_head_of_a_file(supabase: Supabase, anna: Person, boris: Person) -> None:
    for address, headers in addresses_of_a_file(supabase, anna).items():
        answer = supabase.http.head(address, headers=headers)
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["content-length"] == str(len(CONTENT))
        assert answer.headers["content-type"] == "video/mp4"
        if PRIVATE in address and "token=" not in address:
            assert supabase.http.head(address, headers=boris.headers).status_code in (400, 404)


def test_policies_decide_about_parts_too(supabase: Supabase, anna: Person, boris: Person) -> None:
    for address in list(addresses_of_a_file(supabase, anna))[:2]:
        for headers in (boris.headers, supabase.anon):
            answer = supabase.http.get(address, headers=headers | {"Range": "bytes=0-9"})
            assert answer.status_code == 400


def test_files_are_copied_and_moved_where_they_lie(supabase: Supabase, anna: Person) -> None:
    """Also into another bucket. A moved file keeps its row, and its old addresses are dead, signed ones too."""
    first, second, third = (f"{anna.user_id}/{uuid4().hex}.txt" for _ in range(3))
    upload(supabase, f"{PRIVATE}/{first}", anna.headers)
    copied = {"bucketId": PRIVATE, "sourceKey": first, "destinationBucket": PUBLIC, "destinationKey": second}
    assert supabase.http.post("/storage/v1/object/copy", headers=supabase.service, json=copied).is_success
    assert supabase.http.get(f"/storage/v1/object/public/{PUBLIC}/{second}").content == b"hello"
    assert (
        supabase.http.get(f"/storage/v1/object/{PRIVATE}/{first}", headers=anna.headers).content == b"hello"
    )
    signed = supabase.http.post(
        f"/storage/v1/object/sign/{PRIVATE}/{first}", headers=anna.headers, json={"expiresIn": 60}
    ).json()["signedURL"]

    def row(name: str) -> dict[str, object] | None:
        listed = supabase.http.post(
            f"/storage/v1/object/list/{PRIVATE}",
            headers=supabase.service,
            json={"prefix": anna.user_id, "limit": 1000},
        ).json()
        return next((item for item in listed if item["name"] == name.split("/")[1]), None)

    before = row(first)
    moved = {"bucketId": PRIVATE, "sourceKey": first, "destinationKey": third}
    assert supabase.http.post("/storage/v1/object/move", headers=supabase.service, json=moved).is_success
    assert row(first) is None
    after = row(third)
    assert before
    assert after
    assert (before["id"], before["metadata"]["size"]) == (after["id"], after["metadata"]["size"])  # type: ignore[index]
    assert supabase.http.get(f"/storage/v1{signed}").status_code in (400, 404)
    again = supabase.http.post("/storage/v1/object/move", headers=supabase.service, json=moved)
    assert again.status_code in (400, 404)


def test_public_files_need_no_key(supabase: Supabase) -> None:
    name = f"{uuid4().hex}.txt"
    assert upload(supabase, f"{PUBLIC}/{name}", supabase.service) == 200
    assert supabase.http.get(f"/storage/v1/object/public/{PUBLIC}/{name}").content == b"hello"
    assert supabase.http.get(f"/storage/v1/object/public/{PRIVATE}/{name}").status_code == 400


def test_lists_are_relative_and_show_folders(supabase: Supabase, boris: Person) -> None:
    for name in ("a.txt", "b.txt", "deeper/c.txt", "deeper/d.txt"):
        upload(supabase, f"{PRIVATE}/{boris.user_id}/{name}", boris.headers)
    answer = supabase.http.post(
        f"/storage/v1/object/list/{PRIVATE}",
        headers=boris.headers,
        json={"prefix": boris.user_id, "limit": 100, "sortBy": {"column": "name", "order": "asc"}},
    )
    assert sorted((item["name"], item["id"] is None) for item in answer.json()) == [
        ("a.txt", False),
        ("b.txt", False),
        ("deeper", True),
    ]


def test_supabase_py_stores_files(supabase: Supabase, anna: Person) -> None:
    with supabase_py(supabase, anna.headers) as client:
        files = client.storage.from_(PRIVATE)
        name = f"{anna.user_id}/{uuid4().hex}.png"
        files.upload(name, b"\x89PNG", {"content-type": "image/png"})
        assert files.download(name) == b"\x89PNG"
        assert supabase.http.get(str(files.create_signed_url(name, 60)["signedURL"])).content == b"\x89PNG"
        target = files.create_signed_upload_url(f"{name}.2")
        files.upload_to_signed_url(target["path"], target["token"], b"second")
        assert {item["name"] for item in files.list(anna.user_id)} >= {name.split("/")[1]}
        files.remove([name, f"{name}.2"])
        assert name.split("/")[1] not in {item["name"] for item in files.list(anna.user_id)}
