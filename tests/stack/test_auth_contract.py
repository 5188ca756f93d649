"""Signing up, in and out, the way back with a forgotten password, another address: as a hosted project's Auth does it."""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from statistics import median
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import accounts
import httpx
import psycopg
import pytest
from kit.contract import Supabase, supabase_py
from kit.mailbox import emails_to, newest_to
from kit.people import PASSWORD, Person


def ask(supabase: Supabase, path: str, headers: dict[str, str] | None = None, **body: Any) -> httpx.Response:
    return supabase.http.post(f"/auth/v1/{path}", headers=headers or supabase.anon, json=body)


def sign_in(supabase: Supabase, email: str, password: str = PASSWORD) -> httpx.Response:
    return ask(supabase, "token?grant_type=password", email=email, password=password)


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error_code"]


def link_to(supabase: Supabase, email: str) -> str:
    """The link of the newest e-mail to this address."""
    if supabase.mail is None:
        pytest.skip("this Supabase sends its e-mail where we cannot read it")
    return accounts.link_to(supabase.mail, email)


def verify(supabase: Supabase, link: str) -> httpx.Response:
    """What the page behind a link asks when its button is pressed."""
    asked = parse_qs(urlsplit(link).query)
    return ask(supabase, "verify", type=asked["type"][0], token_hash=asked["token_hash"][0])


def grow_older(supabase: Supabase, email: str) -> None:
    """Let the last e-mail to this account be of long enough ago for another."""
    with psycopg.connect(supabase.database_url, autocommit=True) as connection:
        connection.execute(
            "update auth.users set confirmation_sent_at = confirmation_sent_at - interval '2 minutes',"
            " recovery_sent_at = recovery_sent_at - interval '2 minutes',"
            " email_change_sent_at = email_change_sent_at - interval '2 minutes' where email = %s",
            [email],
        )


# Signing up -------------------------------------------------------------------------------------------------------------


def test_an_address_is_proved_before_anybody_is_signed_in(supabase: Supabase) -> None:
    email = accounts.new_email()
    signed_up = ask(supabase, "signup", email=email, password=PASSWORD, data={"full_name": "Анна"})
    assert signed_up.status_code == 200
    assert "access_token" not in signed_up.json()
    assert "email_confirmed_at" not in signed_up.json()
    assert refusal(sign_in(supabase, email)) == (400, "email_not_confirmed")
    assert refusal(sign_in(supabase, email, "wrong-password")) == (400, "invalid_credentials")
    link = link_to(supabase, email)
    session = verify(supabase, link)
    assert session.json()["user"]["email"] == email
    assert session.json()["user"]["email_confirmed_at"]
    assert refusal(verify(supabase, link)) == (403, "otp_expired")  # it works once
    assert sign_in(supabase, email).status_code == 200


def test_signing_up_by_the_link_signs_in(supabase: Supabase) -> None:
    person = supabase.sign_up()
    session = person.session
    assert session["token_type"] == "bearer"
    assert session["expires_in"] > 0
    assert session["refresh_token"]
    user = supabase.http.get("/auth/v1/user", headers=person.headers).json()
    assert (user["id"], user["email"], user["role"]) == (person.user_id, person.email, "authenticated")


def test_a_link_leads_to_our_page(supabase: Supabase) -> None:
    email = accounts.new_email()
    back = f"{supabase.web}/invitations/abc?x=1&y=2"
    path = f"signup?redirect_to={httpx.QueryParams({'': back})!s}".replace("redirect_to==", "redirect_to=")
    assert ask(supabase, path, email=email, password=PASSWORD).status_code == 200
    link = urlsplit(link_to(supabase, email))
    asked = parse_qs(link.query)
    assert (f"{link.scheme}://{link.netloc}", link.path) == (supabase.web, "/confirm")
    assert asked["type"] == ["signup"]
    assert asked["next"] == [back]
    assert len(asked["token_hash"][0]) > 40
    assert refusal(sign_in(supabase, email)) == (400, "email_not_confirmed")
    newest = newest_to(str(supabase.mail), email)
    assert all("/auth/v1/" not in link for link in newest["links"])
    assert email in newest["text"] and "{{" not in newest["html"]  # noqa: PT018


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_a_link_never_leads_to_another_site(supabase: Supabase, elsewhere: str) -> None:
    person = supabase.sign_up()
    supabase.http.post(
        "/auth/v1/recover",
        params={"redirect_to": elsewhere},
        headers=supabase.anon,
        json={"email": person.email},
    )
    wait_for_emails(supabase, person.email, 2)
    assert parse_qs(urlsplit(link_to(supabase, person.email)).query)["next"] == [supabase.web]


def wait_for_emails(supabase: Supabase, email: str, count: int) -> list[dict[str, Any]]:
    if supabase.mail is None:
        pytest.skip("this Supabase sends its e-mail where we cannot read it")
    for _ in range(200):
        if len(found := emails_to(supabase.mail, email)) >= count:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{count} e-mails did not come")


def shape(value: Any) -> Any:
    """An answer without what is different each time."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    if isinstance(value, str):
        return re.sub(r"[0-9a-f]", "x", re.sub(r"\.\d+\+", ".+", value)) if re.search(r"\d", value) else value
    return value


def test_signing_up_does_not_say_who_has_an_account(supabase: Supabase, embedded: object) -> None:
    """Of the embedded one: a hosted project leaves `identities` empty for an address it knows."""
    known, waiting, unknown = supabase.sign_up().email, accounts.new_email(), accounts.new_email()
    ask(supabase, "signup", email=waiting, password=PASSWORD)
    answers = [
        ask(
            supabase,
            "signup",
            email=email,
            password="another-password",
            data={"full_name": "Б", "locale": "ru"},
        )
        for email in (known, waiting, unknown)
    ]
    assert [answer.status_code for answer in answers] == [200] * 3
    first, second, third = (
        str(shape({**answer.json(), "email": ""})).replace("\n", "") for answer in answers
    )
    of_new = [re.sub(r"[0-9a-fx]{16}@example.com", "…", text) for text in (first, second, third)]
    assert of_new[0] == of_new[1] == of_new[2]
    names = [sorted(answer.headers) for answer in answers]
    assert names[0] == names[1] == names[2]
    # Nothing is changed for who was there, and they are told.
    assert sign_in(supabase, known).status_code == 200
    told = wait_for_emails(supabase, known, 2)[0]
    assert "уже есть" in told["subject"]
    assert any(link.endswith("/sign-in") for link in told["links"])
    assert not any("token_hash" in link for link in told["links"])


def test_signing_up_takes_as_long_for_who_has_an_account(supabase: Supabase, embedded: object) -> None:
    known = supabase.sign_up().email

    def seconds(email: Callable[[], str]) -> float:
        times = []
        for _ in range(9):
            began = time.perf_counter()
            ask(supabase, "signup", email=email(), password=PASSWORD)
            times.append(time.perf_counter() - began)
        return median(times)

    of_known, of_new = seconds(lambda: known), seconds(accounts.new_email)
    assert of_known > of_new / 10  # the hash is made for both; the rest is an e-mail more or less


def test_two_who_sign_up_at_once_get_one_account(supabase: Supabase) -> None:
    email = accounts.new_email()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: ask(supabase, "signup", email=email, password=PASSWORD), range(8)))
    assert {answer.status_code for answer in answers} <= {200, 429}
    with psycopg.connect(supabase.database_url) as connection:
        found = connection.execute("select count(*) from auth.users where email = %s", [email]).fetchone()
    assert found == (1,)


def test_the_confirmation_is_sent_again_but_not_at_once(supabase: Supabase) -> None:
    email = accounts.new_email()
    ask(supabase, "signup", email=email, password=PASSWORD)
    first = link_to(supabase, email)
    assert ask(supabase, "resend", type="signup", email=email).status_code in (200, 429)
    assert len(wait_for_emails(supabase, email, 1)) == 1
    grow_older(supabase, email)
    assert ask(supabase, "resend", type="signup", email=email).status_code == 200
    wait_for_emails(supabase, email, 2)
    assert verify(supabase, link_to(supabase, email)).status_code == 200
    assert refusal(verify(supabase, first)) == (403, "otp_expired")
    for nobody in (accounts.new_email(), email):
        assert ask(supabase, "resend", type="signup", email=nobody).status_code == 200


# Passwords and addresses ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("password", ["short", "1234567", "Ы" * 37, "x" * 73, "🐝" * 19])
def test_a_password_has_8_characters_to_72_bytes(supabase: Supabase, password: str) -> None:
    """Else it would be cut, and others let in."""
    answer = ask(supabase, "signup", email=accounts.new_email(), password=password)
    assert answer.status_code in (400, 422)
    person = supabase.sign_up()
    changed = supabase.http.put("/auth/v1/user", headers=person.headers, json={"password": password})
    assert changed.status_code in (400, 422)


@pytest.mark.parametrize("password", ["password", "PassWord1", "12345678", "пароль123", "ЙЦУКЕНГШ"])
def test_a_common_password_is_refused(supabase: Supabase, embedded: object, password: str) -> None:
    """Of the embedded one: a hosted project asks a list of leaked ones, where that is switched on."""
    answer = ask(supabase, "signup", email=accounts.new_email(), password=password)
    assert refusal(answer) == (422, "weak_password")
    assert answer.json()["weak_password"] == {"reasons": ["pwned"]}


@pytest.mark.parametrize("password", ["Ы" * 36, "x" * 72, "ый-пароль", "🐝🐝🐝🐝🐝🐝🐝🐝"])
def test_what_fits_opens_the_account_and_nothing_near_it_does(supabase: Supabase, password: str) -> None:
    person = accounts.sign_up(supabase, "Анна", password=password)
    assert sign_in(supabase, person.email, password).status_code == 200
    assert refusal(sign_in(supabase, person.email, password[:-1])) == (400, "invalid_credentials")
    assert sign_in(supabase, person.email, password + "x").status_code == 400


def test_one_way_to_write_an_email_is_as_good_as_another(supabase: Supabase, embedded: object) -> None:
    """Of the embedded one: for a hosted project the web does it."""
    composed, decomposed = (unicodedata.normalize(form, "пароль-ёжика-й") for form in ("NFC", "NFD"))
    assert composed != decomposed
    email = f"Anna.{uuid4().hex}@Example.COM"
    person = accounts.sign_up(supabase, "Анна", email=email, password=decomposed)
    assert sign_in(supabase, f" {email.upper()} ", composed).status_code == 200
    name, in_ascii = uuid4().hex, "пасека-мёд.рф".encode("idna").decode()
    for domain in ("пасека-мёд.рф", unicodedata.normalize("NFD", "Пасека-мёд.рф"), in_ascii):
        ask(supabase, "signup", email=f"{name}@{domain}", password=PASSWORD)
    with psycopg.connect(supabase.database_url) as connection:
        found = connection.execute(
            "select email from auth.users where email like %s", [f"{name}%"]
        ).fetchall()
    assert found == [(f"{name}@{in_ascii}",)]
    assert person.user_id


@pytest.mark.parametrize(
    "address",
    ["(c):x@example.com", "имя@example.com", "a b@example.com", ".a@example.com", "a..b@example.com", "a@b", "a@-b.com",
     'a"b@example.com', "a@example.com,b@example.com", "a\nb@example.com", f"{'x' * 65}@example.com", "a@[127.0.0.1]", "@x.com"],
)  # fmt: skip
def test_what_no_mail_server_takes_is_no_address(supabase: Supabase, address: str) -> None:
    assert ask(supabase, "signup", email=address, password=PASSWORD).status_code == 400


def test_wrong_passwords_are_refused_and_then_not_tried(supabase: Supabase, embedded: object) -> None:
    """Of the embedded one: a hosted project counts by the caller's address."""
    person, nobody = supabase.sign_up(), accounts.new_email()
    for email in (person.email, nobody):
        answers = [sign_in(supabase, email, f"wrong-{number}") for number in range(40)]
        assert refusal(answers[0]) == (400, "invalid_credentials")
        assert refusal(answers[-1]) == (429, "over_request_rate_limit")
        assert sum(answer.status_code == 400 for answer in answers) == 20
        assert 0 < int(answers[-1].headers["retry-after"]) <= 300
    assert (
        sign_in(supabase, person.email).status_code == 429
    )  # the right one neither: else one could go on trying
    assert sign_in(supabase, supabase.sign_up().email).status_code == 200
    at_once = supabase.sign_up().email
    with ThreadPoolExecutor(30) as pool:
        answers = list(pool.map(lambda number: sign_in(supabase, at_once, f"wrong-{number}"), range(30)))
    assert sum(answer.status_code == 400 for answer in answers) == 20


def test_nobody_gets_in_without_a_password(supabase: Supabase, embedded: object) -> None:
    """Of the embedded one, which would make a confirmed account of any address."""
    email = accounts.new_email()
    for path in ("otp", "magiclink"):
        assert refusal(ask(supabase, path, email=email)) == (422, "otp_disabled")
    with psycopg.connect(supabase.database_url) as connection:
        assert connection.execute("select from auth.users where email = %s", [email]).fetchall() == []


# Sessions ---------------------------------------------------------------------------------------------------------------


def test_supabase_py_understands_the_answers(supabase: Supabase) -> None:
    person = supabase.sign_up()
    with supabase_py(supabase) as client:
        signed_in = client.auth.sign_in_with_password({"email": person.email, "password": PASSWORD})
        assert signed_in.user is not None
        assert isinstance(signed_in.user.created_at, datetime)
        assert client.rpc("contract_uid", {}).execute().data == person.user_id
        client.auth.sign_out()
        assert client.rpc("contract_uid", {}).execute().data is None
        again = client.auth.sign_up({"email": accounts.new_email(), "password": PASSWORD})
        assert again.user is not None
        assert again.session is None


def test_a_session_is_renewed_and_ended(supabase: Supabase) -> None:
    person = supabase.sign_up()
    renewed = renew(supabase, person.session["refresh_token"]).json()
    headers = supabase.anon | {"authorization": f"Bearer {renewed['access_token']}"}
    assert supabase.rpc("contract_uid", headers).json() == person.user_id
    assert supabase.http.post("/auth/v1/logout", headers=headers).status_code == 204
    assert renew(supabase, renewed["refresh_token"]).status_code == 400


def renew(supabase: Supabase, refresh_token: str) -> httpx.Response:
    return ask(supabase, "token?grant_type=refresh_token", refresh_token=refresh_token)


def test_a_new_password_ends_every_other_session(supabase: Supabase) -> None:
    person = supabase.sign_up()
    thief = sign_in(supabase, person.email).json()
    changed = supabase.http.put("/auth/v1/user", headers=person.headers, json={"password": "a-new-password"})
    assert changed.status_code == 200
    assert renew(supabase, thief["refresh_token"]).status_code == 400
    assert renew(supabase, person.session["refresh_token"]).status_code == 200


def test_tokens_are_jwts_for_the_person(supabase: Supabase) -> None:
    person = supabase.sign_up()
    assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+", person.session["access_token"])


# A forgotten password ---------------------------------------------------------------------------------------------------


def test_a_forgotten_password_is_replaced_by_the_link(supabase: Supabase) -> None:
    person = supabase.sign_up()
    thief = sign_in(supabase, person.email).json()
    back = f"{supabase.web}/dashboard"
    asked = supabase.http.post(
        "/auth/v1/recover", params={"redirect_to": back}, headers=supabase.anon, json={"email": person.email}
    )
    assert asked.status_code == 200
    wait_for_emails(supabase, person.email, 2)
    link = link_to(supabase, person.email)
    assert link.startswith(f"{supabase.web}/confirm?")
    assert parse_qs(urlsplit(link).query)["type"] == ["recovery"]
    session = verify(supabase, link).json()
    headers = supabase.anon | {"authorization": f"Bearer {session['access_token']}"}
    new = uuid4().hex
    assert supabase.http.put("/auth/v1/user", headers=headers, json={"password": new}).status_code == 200
    for password, status in ((PASSWORD, 400), (new, 200)):
        assert sign_in(supabase, person.email, password).status_code == status
    assert renew(supabase, thief["refresh_token"]).status_code == 400
    assert refusal(verify(supabase, link)) == (403, "otp_expired")  # it works once


def test_asking_for_a_new_password_says_nothing_about_who_has_an_account(supabase: Supabase) -> None:
    person = supabase.sign_up()
    for email in (accounts.new_email(), person.email):
        assert ask(supabase, "recover", email=email).status_code == 200
    wait_for_emails(supabase, person.email, 2)


def test_the_same_mailbox_is_not_written_to_all_the_time(supabase: Supabase, embedded: object) -> None:
    """Of the embedded one, which keeps it to itself: a hosted project answers 429 for who has an account."""
    person = supabase.sign_up()
    for _ in range(5):
        assert ask(supabase, "recover", email=person.email).status_code == 200
    assert len(wait_for_emails(supabase, person.email, 2)) == 2
    grow_older(supabase, person.email)
    ask(supabase, "recover", email=person.email)
    assert len(wait_for_emails(supabase, person.email, 3)) == 3


# Another address --------------------------------------------------------------------------------------------------------


def change_address(supabase: Supabase, person: Person, new: str) -> httpx.Response:
    return supabase.http.put("/auth/v1/user", headers=person.headers, json={"email": new})


def address_of(supabase: Supabase, person: Person) -> str:
    return str(supabase.http.get("/auth/v1/user", headers=person.headers).json()["email"])


@pytest.mark.parametrize("old_first", [True, False])
def test_another_address_needs_both_mailboxes(supabase: Supabase, old_first: bool) -> None:
    person, new = supabase.sign_up(), accounts.new_email()
    assert change_address(supabase, person, new).json()["new_email"] == new
    wait_for_emails(supabase, person.email, 2)
    old_link, new_link = link_to(supabase, person.email), link_to(supabase, new)
    assert old_link != new_link
    first, second = (old_link, new_link) if old_first else (new_link, old_link)
    accepted = verify(supabase, first)
    assert accepted.status_code == 200
    assert "access_token" not in accepted.json()
    assert "other email" in accepted.json()["msg"]
    assert address_of(supabase, person) == person.email
    assert refusal(verify(supabase, first)) == (403, "otp_expired")  # one mailbox does not count for two
    assert address_of(supabase, person) == person.email
    session = verify(supabase, second)
    assert session.json()["user"]["email"] == new
    assert address_of(supabase, person) == new
    assert sign_in(supabase, new).status_code == 200
    assert sign_in(supabase, person.email).status_code == 400


def test_both_mailboxes_at_once_change_it_once(supabase: Supabase) -> None:
    person, new = supabase.sign_up(), accounts.new_email()
    change_address(supabase, person, new)
    wait_for_emails(supabase, person.email, 2)
    links = [link_to(supabase, person.email), link_to(supabase, new)]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda link: verify(supabase, link), links))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert sorted("access_token" in answer.json() for answer in answers) == [False, True]
    assert address_of(supabase, person) == new


def test_an_address_that_is_taken_meanwhile_is_not_given_twice(supabase: Supabase) -> None:
    person, new = supabase.sign_up(), accounts.new_email()
    change_address(supabase, person, new)
    wait_for_emails(supabase, person.email, 2)
    links = [link_to(supabase, person.email), link_to(supabase, new)]
    accounts.sign_up(supabase, "Другой", email=new)
    answers = [verify(supabase, link) for link in links]
    assert answers[0].status_code == 200
    assert answers[1].status_code in (400, 403, 422)
    assert address_of(supabase, person) == person.email


def test_a_link_is_good_for_an_hour(supabase: Supabase) -> None:
    person, new = supabase.sign_up(), accounts.new_email()
    change_address(supabase, person, new)
    wait_for_emails(supabase, person.email, 2)
    link = link_to(supabase, new)
    with psycopg.connect(supabase.database_url, autocommit=True) as connection:
        connection.execute(
            "update auth.users set email_change_sent_at = email_change_sent_at - %s where id = %s",
            [timedelta(minutes=61), person.user_id],
        )
    assert refusal(verify(supabase, link)) == (403, "otp_expired")


def test_the_address_of_somebody_else_is_not_taken(supabase: Supabase) -> None:
    person, other = supabase.sign_up(), supabase.sign_up()
    assert refusal(change_address(supabase, person, other.email)) == (422, "email_exists")
    assert change_address(supabase, person, "no address").status_code == 400
