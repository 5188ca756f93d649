"""Signing up, in and out, and the way back in with a forgotten password, as a hosted project's Auth does it."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import pytest
from kit.contract import Supabase, supabase_py
from kit.mailbox import newest_to
from kit.people import PASSWORD


def test_signing_up_signs_in(supabase: Supabase) -> None:
    person = supabase.sign_up()
    session = person.session
    assert session["token_type"] == "bearer"
    assert session["expires_in"] > 0
    assert session["refresh_token"]
    user = supabase.http.get("/auth/v1/user", headers=person.headers).json()
    assert (user["id"], user["email"], user["role"]) == (person.user_id, person.email, "authenticated")


def test_supabase_py_understands_the_answers(supabase: Supabase) -> None:
    person = supabase.sign_up()
    with supabase_py(supabase) as client:
        signed_in = client.auth.sign_in_with_password({"email": person.email, "password": PASSWORD})
        assert signed_in.user is not None
        assert isinstance(signed_in.user.created_at, datetime)
        assert client.rpc("contract_uid", {}).execute().data == person.user_id
        client.auth.sign_out()
        assert client.rpc("contract_uid", {}).execute().data is None


def test_wrong_passwords_and_addresses_are_refused(supabase: Supabase) -> None:
    person = supabase.sign_up()

    def refused(path: str, email: str, password: str) -> tuple[int, str]:
        answer = supabase.http.post(
            f"/auth/v1/{path}", headers=supabase.anon, json={"email": email, "password": password}
        )
        return answer.status_code, answer.json()["error_code"]

    assert refused("token?grant_type=password", person.email, "wrong") == (400, "invalid_credentials")
    nobody = f"{uuid4().hex}@example.com"
    assert refused("token?grant_type=password", nobody, "wrong") == (400, "invalid_credentials")
    assert refused("signup", nobody, "short") == (422, "weak_password")
    assert refused("signup", person.email, uuid4().hex) == (422, "user_already_exists")


def test_a_session_is_renewed_and_ended(supabase: Supabase) -> None:
    person = supabase.sign_up()
    renewed = supabase.http.post(
        "/auth/v1/token?grant_type=refresh_token",
        headers=supabase.anon,
        json={"refresh_token": person.session["refresh_token"]},
    ).json()
    headers = supabase.anon | {"authorization": f"Bearer {renewed['access_token']}"}
    assert supabase.rpc("contract_uid", headers).json() == person.user_id
    assert supabase.http.post("/auth/v1/logout", headers=headers).status_code == 204
    again = supabase.http.post(
        "/auth/v1/token?grant_type=refresh_token",
        headers=supabase.anon,
        json={"refresh_token": renewed["refresh_token"]},
    )
    assert again.status_code == 400


def latest_mail(supabase: Supabase, to: str) -> dict[str, Any]:
    if supabase.mail is None:
        pytest.skip("this Supabase sends its mail where we cannot read it")
    return newest_to(supabase.mail, to)


def test_a_forgotten_password_is_replaced_by_mail(supabase: Supabase) -> None:
    person = supabase.sign_up()
    back = f"{supabase.web}/new-password?from=mail"
    asked = supabase.http.post(
        "/auth/v1/recover", params={"redirect_to": back}, headers=supabase.anon, json={"email": person.email}
    )
    assert asked.status_code == 200
    (link,) = [link for link in latest_mail(supabase, person.email)["links"] if "/verify?" in link]
    assert link.startswith(f"{supabase.url}/auth/v1/verify?")
    visited = httpx.get(link)
    assert visited.status_code in (302, 303)
    target, _, fragment = visited.headers["location"].partition("#")
    assert target == back
    found = {name: values[0] for name, values in parse_qs(fragment).items()}
    assert found["type"] == "recovery"
    headers = supabase.anon | {"authorization": f"Bearer {found['access_token']}"}
    new = uuid4().hex
    assert supabase.http.put("/auth/v1/user", headers=headers, json={"password": new}).status_code == 200
    for password, status in ((PASSWORD, 400), (new, 200)):
        answer = supabase.http.post(
            "/auth/v1/token?grant_type=password",
            headers=supabase.anon,
            json={"email": person.email, "password": password},
        )
        assert answer.status_code == status
    assert "error=access_denied" in httpx.get(link).headers["location"]  # a link works once


def test_a_mailed_link_never_leads_to_another_site(supabase: Supabase) -> None:
    person = supabase.sign_up()
    supabase.http.post(
        "/auth/v1/recover",
        params={"redirect_to": "https://evil.example/"},
        headers=supabase.anon,
        json={"email": person.email},
    )
    (link,) = [link for link in latest_mail(supabase, person.email)["links"] if "/verify?" in link]
    target = urlsplit(httpx.get(link).headers["location"])
    assert f"{target.scheme}://{target.netloc}" == supabase.web


def test_nobody_learns_who_has_an_account(supabase: Supabase) -> None:
    answer = supabase.http.post(
        "/auth/v1/recover", headers=supabase.anon, json={"email": f"{uuid4().hex}@example.com"}
    )
    assert answer.status_code == 200


def test_tokens_are_jwts_for_the_person(supabase: Supabase) -> None:
    person = supabase.sign_up()
    assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+", person.session["access_token"])
