"""The REST API answers as a hosted project's PostgREST does, in what our web and functions rely on."""

from __future__ import annotations

import hmac
import json
import re
import time
from base64 import urlsafe_b64encode
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from kit.contract import Supabase, wait_for_schema
from kit.people import Person
from stack.credentials import Credentials

REPRESENTATION = {"prefer": "return=representation"}
LOSES_ITS_HINT = {"23503", "23505"}  # in the embedded one; Postgres itself gives them none
ISO_8601 = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00"


def write(supabase: Supabase, person: Person, **note: Any) -> dict[str, Any]:
    answer = supabase.http.post(
        "/rest/v1/contract_notes",
        params={"select": "id,owner,title,mood,content,amount,written_at,read_at"},
        headers=person.headers | REPRESENTATION,
        json={"title": uuid4().hex} | note,
    )
    assert answer.status_code == 201, answer.text
    (written,) = answer.json()
    return dict(written)


def test_moments_are_iso_8601(supabase: Supabase, anna: Person) -> None:
    note = write(supabase, anna)
    assert re.fullmatch(ISO_8601, note["written_at"])
    assert all(re.fullmatch(ISO_8601, moment) for moment in note["read_at"])
    assert (
        supabase.rpc("contract_time", at="2026-11-20 04:19:21.47+00").json() == "2026-11-20T04:19:21.47+00:00"
    )
    assert supabase.rpc("contract_note").json()["written_at"] == "2026-11-20T04:19:21.47+00:00"


def test_money_is_a_number(supabase: Supabase, anna: Person) -> None:
    for amount in (1, 1.5, "1490.00"):
        note = write(supabase, anna, amount=amount)
        assert isinstance(note["amount"], (int, float))
        assert note["amount"] == float(amount)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ({"a": [1, {"b": None}]}, "object"),
        ([1, {"b": 2}], "array"),
        ([["a"], []], "array"),
        ([], "array"),
        (5, "number"),
        (True, "boolean"),
        ("words", "string"),
        ("[1]", "string"),
        ('{"a": 1}', "string"),
    ],
)
def test_json_arguments_arrive_as_they_are(supabase: Supabase, value: Any, kind: str) -> None:
    assert supabase.rpc("contract_kind", value=value).json() == kind
    assert supabase.rpc("contract_jsonb", value=value).json() == value
    assert supabase.rpc("contract_json", value=value).json() == value


@pytest.mark.parametrize("content", [{"a": 1}, [1, "x"], [], 5])
def test_json_columns_keep_what_is_written(supabase: Supabase, anna: Person, content: Any) -> None:
    assert write(supabase, anna, content=content)["content"] == content


@pytest.mark.parametrize("value", ['{"a": 1}', "[1]", "true", "5", "null", "", "строка «x»\n"])
def test_text_stays_text(supabase: Supabase, value: str) -> None:
    assert supabase.rpc("contract_text", value=value).json() == value


def test_other_arguments_and_results(supabase: Supabase) -> None:
    assert supabase.rpc("contract_enum", mood="sad").json() == "sad"
    assert supabase.rpc("contract_enum", mood="angry").status_code == 400
    assert supabase.rpc("contract_texts", items=["a,b", 'q"x', "{}"]).json() == ["a,b", 'q"x', "{}"]
    assert supabase.rpc("contract_count", ids=[str(uuid4())]).json() == 1
    assert supabase.rpc("contract_count", ids=[]).json() == 0
    assert supabase.rpc("contract_default", a="a").json() == "ab"
    assert supabase.rpc("contract_rows", n=2).json() == [
        {"number": 1, "words": "{1}"},
        {"number": 2, "words": "{2}"},
    ]
    assert supabase.rpc("contract_rows", n=0).json() == []
    nothing = supabase.rpc("contract_void")
    assert (nothing.status_code, nothing.content) == (204, b"")


@pytest.mark.parametrize(
    ("code", "as_visitor", "as_anna"),
    [
        ("PT401", 401, 401),
        ("PT402", 402, 402),
        ("PT409", 409, 409),
        ("PT422", 422, 422),
        ("PT503", 503, 503),
        ("P0001", 400, 400),
        ("22023", 400, 400),
        ("23503", 409, 409),
        ("23505", 409, 409),
        ("23514", 400, 400),
        ("23P01", 400, 400),
        ("40001", 500, 500),
        ("42501", 401, 403),
        ("57014", 500, 500),
    ],
)
def test_errors_carry_their_code(
    supabase: Supabase, anna: Person, code: str, as_visitor: int, as_anna: int
) -> None:
    words = {"message": "slug_taken", "detail": '[{"row": 1}]', "hint": "Что делать"}
    for headers, status in ((supabase.anon, as_visitor), (anna.headers, as_anna)):
        answer = supabase.rpc("contract_raise", headers, code=code, **words)
        assert answer.status_code == status
        expected = {
            "code": code,
            "message": words["message"],
            "details": words["detail"],
            "hint": words["hint"],
        }
        if code in LOSES_ITS_HINT:
            expected["hint"] = answer.json()["hint"]
        assert answer.json() == expected


def test_a_plain_exception_is_400(supabase: Supabase) -> None:
    answer = supabase.rpc("contract_plain")
    assert answer.status_code == 400
    assert answer.json() == {"code": "P0001", "message": "plain words", "details": None, "hint": None}


def test_constraints_speak_by_sqlstate(supabase: Supabase, anna: Person) -> None:
    title = write(supabase, anna)["title"]
    for note, status, code in (
        ({"title": title}, 409, "23505"),
        ({"title": "x" * 100}, 400, "23514"),
        ({"title": None}, 400, "23502"),
        ({"title": uuid4().hex, "mood": "angry"}, 400, "22P02"),
    ):
        answer = supabase.http.post("/rest/v1/contract_notes", headers=anna.headers, json=note)
        assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_person_sees_and_changes_only_their_own(supabase: Supabase, anna: Person, boris: Person) -> None:
    note = write(supabase, anna)
    assert note["owner"] == anna.user_id
    one = {"id": f"eq.{note['id']}"}
    read = {"select": "title"} | one
    assert supabase.http.get("/rest/v1/contract_notes", params=read, headers=anna.headers).json() != []
    assert supabase.http.get("/rest/v1/contract_notes", params=read, headers=boris.headers).json() == []
    changed = supabase.http.patch(
        "/rest/v1/contract_notes", params=read, headers=boris.headers | REPRESENTATION, json={"title": "mine"}
    )
    assert changed.json() == []
    everything = supabase.http.get("/rest/v1/contract_notes", params=one, headers=supabase.service)
    assert everything.json()[0]["secret"] is None


def test_what_is_not_granted_is_refused(supabase: Supabase, anna: Person) -> None:
    def status(path: str, headers: dict[str, str]) -> tuple[int, str]:
        answer = supabase.http.get(f"/rest/v1/{path}", headers=headers)
        return answer.status_code, answer.json()["code"]

    assert status("contract_shut", supabase.anon) == (401, "42501")
    assert status("contract_shut", anna.headers) == (403, "42501")
    assert status("contract_notes?select=secret", anna.headers) == (403, "42501")
    assert supabase.rpc("contract_denied").status_code == 401
    assert supabase.rpc("contract_denied", anna.headers).status_code == 403


def test_answering_grants_nothing(supabase: Supabase, anna: Person) -> None:
    write(supabase, anna)  # something with row level security has been asked
    with psycopg.connect(supabase.database_url) as connection:
        granted = connection.execute(
            """
            select role, has_table_privilege(role, 'public.contract_shut', 'select'),
                   has_schema_privilege(role, 'contract_private', 'usage')
            from unnest(array['anon', 'authenticated']) as role
            """
        ).fetchall()
    assert granted == [("anon", False, False), ("authenticated", False, False)]


def test_functions_know_who_calls(supabase: Supabase, anna: Person) -> None:
    assert supabase.rpc("contract_uid").json() is None
    assert supabase.rpc("contract_uid", anna.headers).json() == anna.user_id
    assert supabase.rpc("contract_role").json() == "anon anon"
    assert supabase.rpc("contract_role", anna.headers).json() == "authenticated authenticated"
    assert supabase.rpc("contract_role", supabase.service).json() == "service_role service_role"


def test_there_is_no_way_in_without_a_key(supabase: Supabase, anna: Person) -> None:
    bearer = {"authorization": anna.headers["Authorization"]}
    forged = supabase.anon | {"authorization": "Bearer a.b.c"}
    wrong_headers: list[dict[str, str]] = [{}, {"apikey": "sb_publishable_wrong"}, bearer, forged]
    for headers in wrong_headers:
        assert supabase.http.get("/rest/v1/contract_notes?select=id", headers=headers).status_code == 401
    elsewhere = supabase.anon | {"accept-profile": "contract_private"}
    assert supabase.http.get("/rest/v1/things", headers=elsewhere).status_code == 406


def test_what_is_no_value_of_its_type_is_400(supabase: Supabase, anna: Person) -> None:
    for answer in (
        supabase.rpc("contract_count", ids=["nonsense"]),
        supabase.rpc("contract_count", ids={"a": 1}),
        supabase.rpc("contract_enum", mood="angry"),
        supabase.http.get("/rest/v1/contract_notes?id=eq.nonsense&select=id", headers=anna.headers),
    ):
        assert (answer.status_code, answer.json()["code"]) == (400, "22P02")


def test_a_changed_token_is_401(supabase: Supabase, anna: Person) -> None:
    changed = {"authorization": f"{anna.headers['Authorization'][:-6]}AAAAAA"}
    answer = supabase.rpc("contract_uid", supabase.anon | changed)
    assert (answer.status_code, answer.json()["code"]) == (401, "PGRST301")


def test_an_expired_token_is_401(supabase: Supabase, anna: Person, request: pytest.FixtureRequest) -> None:
    if supabase.mail is None:
        pytest.skip("this Supabase keeps its secret from us")
    secret = Credentials.kept(request.getfixturevalue("embedded").data).jwt_secret

    def token(expires_in: int) -> str:
        claims = {"sub": anna.user_id, "role": "authenticated", "aud": "authenticated"}
        parts = [{"alg": "HS256", "typ": "JWT"}, claims | {"exp": int(time.time()) + expires_in}]
        signed = b".".join(urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts)
        signature = hmac.digest(secret.encode(), signed, "sha256")
        return (signed + b"." + urlsafe_b64encode(signature).rstrip(b"=")).decode()

    good = supabase.rpc("contract_uid", supabase.anon | {"authorization": f"Bearer {token(60)}"})
    assert good.json() == anna.user_id
    late = supabase.rpc("contract_uid", supabase.anon | {"authorization": f"Bearer {token(-3600)}"})
    assert (late.status_code, late.json()["code"]) == (401, "PGRST303")


def test_unknown_functions_and_tables_are_404(supabase: Supabase) -> None:
    for answer, code in (
        (supabase.rpc("contract_nothing"), "PGRST202"),
        (supabase.rpc("contract_default", wrong=1), "PGRST202"),
        (supabase.http.get("/rest/v1/contract_nothing", headers=supabase.anon), "PGRST205"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, code)


def test_counts_and_single_rows(supabase: Supabase, boris: Person) -> None:
    for _ in range(3):
        write(supabase, boris)
    answer = supabase.http.get(
        "/rest/v1/contract_notes?select=id&limit=2", headers=boris.headers | {"prefer": "count=exact"}
    )
    assert answer.headers["content-range"].startswith("0-1/")
    one = boris.headers | {"accept": "application/vnd.pgrst.object+json"}
    assert (
        supabase.http.get("/rest/v1/contract_notes?select=id&title=eq.none", headers=one).status_code == 406
    )


def test_any_site_may_ask(supabase: Supabase) -> None:
    for path in ("/rest/v1/contract_notes", "/auth/v1/token?grant_type=password", "/storage/v1/object/x/y"):
        preflight = supabase.http.options(
            path,
            headers={
                "origin": "https://chestno.example",
                "access-control-request-method": "POST",
                "access-control-request-headers": "apikey,authorization,content-type,x-client-info",
            },
        )
        assert preflight.status_code in (200, 204)
        assert preflight.headers["access-control-allow-origin"] in ("*", "https://chestno.example")
        allowed = preflight.headers["access-control-allow-headers"].lower()
        assert all(name in allowed for name in ("apikey", "authorization", "content-type"))
        answer = supabase.http.get(path, headers=supabase.anon | {"origin": "https://chestno.example"})
        assert answer.headers["access-control-allow-origin"] in ("*", "https://chestno.example")


def test_a_new_function_can_be_called_without_a_restart(supabase: Supabase) -> None:
    with psycopg.connect(supabase.database_url, autocommit=True) as connection:
        connection.execute("create function public.contract_new() returns void language sql as ''")
        connection.execute("grant execute on function public.contract_new to anon")
    wait_for_schema(supabase, "contract_new", 204)
