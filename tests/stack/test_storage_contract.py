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
