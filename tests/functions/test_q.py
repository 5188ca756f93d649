"""q/<code>: a printed code is scanned, over real HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from kit.customer import Customer
from kit.env import Env
from kit.server import CLIENT
from kit.waiting import finished
from qr.visitor import agent

IPHONE = ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
          " Version/17.5 Mobile/15E148 Safari/604.1")  # fmt: skip
ANDROID = "Mozilla/5.0 (Linux; Android {}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0 Safari/537.36"
INSTAGRAM = (
    ANDROID.format("10; M2006C3MNG Build/QP1A; wv")
    + " Instagram 243.1.0.14.111 Android (29/10; 320dpi; {}; mt6765; ru_RU)"
)


def code_of(
    customer: Customer, target: str | None = "https://a.ru/%2F+?abc#1", level: str | None = "A"
) -> str:
    """A new printed code, of an organization that holds a level."""
    if level:
        customer.env.service.rpc(
            "grant_status_level", organization_id=customer.organization_id, level=level,
            valid_until=customer.env.moment(days=300).isoformat(),
        )  # fmt: skip
    item = {"title": "Мёд", "target_kind": "url" if target else "organization_page"}
    items = [item | ({"target_url": target} if target else {})]
    made = customer.person.rpc("create_qr_codes", organization_id=customer.organization_id, items=items)
    return str(made[0]["code"])


def scan(
    env: Env, code: str, *, method: str = "GET", functions: str | None = None, **headers: str
) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return CLIENT.request(
        method,
        f"{functions or env.functions}/q/{code}",
        headers={"User-Agent": IPHONE} | named,
        follow_redirects=False,
    )


def scans(customer: Customer) -> list[dict[str, Any]]:
    return customer.env.rows(
        "select * from public.qr_scans where organization_id = %s order by id", customer.organization_id
    )


def test_a_scan_goes_on_to_the_target_and_is_recorded(anna: Customer) -> None:
    code = code_of(anna)
    answer = scan(
        anna.env, code.lower(), Referer="https://ya.ru/search?text=secret", X_Forwarded_For="77.88.8.8"
    )
    assert (answer.status_code, answer.headers["location"], answer.content) == (
        302,
        "https://a.ru/%2F+?abc#1",
        b"",
    )
    assert answer.headers["cache-control"] == "no-store"
    (kept,) = scans(anna)
    assert {name: kept[name] for name in ("bot_reason", "device_type", "os", "browser", "referrer_host", "country", "is_unique")} == {
        "bot_reason": None, "device_type": "phone", "os": "iOS", "browser": "Mobile Safari", "referrer_host": "ya.ru",
        "country": "RU", "is_unique": True}  # fmt: skip
    assert scan(anna.env, code, X_Forwarded_For="77.88.8.8").status_code == 302
    assert [kept["is_unique"] for kept in scans(anna)] == [True, False]


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("https://a.ru/?abc+123", "https://a.ru/?abc+123"),
        ("HTTPS://A.ru:8443/a|b^{c}`?x=[1]&y=%d0%9c", "HTTPS://A.ru:8443/a|b^{c}`?x=[1]&y=%d0%9c"),
        ("https://пример.рф/мёд?с=ы", "https://xn--e1afmkfd.xn--p1ai/%D0%BC%D1%91%D0%B4?%D1%81=%D1%8B"),
        ("https://пример.рф:8443/%2F+#ё", "https://xn--e1afmkfd.xn--p1ai:8443/%2F+#%D1%91"),
        ("https://a.ru/мёд", "https://a.ru/%D0%BC%D1%91%D0%B4"),
    ],
)
def test_an_address_arrives_as_it_was_written(anna: Customer, target: str, location: str) -> None:
    assert scan(anna.env, code_of(anna, target)).headers["location"] == location


def test_what_has_no_target_of_its_own_opens_our_page(anna: Customer) -> None:
    site = anna.env.stack.web
    unproven = code_of(anna, level=None)
    assert scan(anna.env, unproven).headers["location"] == f"{site}/q/{unproven}"
    own = code_of(anna, None)
    assert scan(anna.env, own).headers["location"] == f"{site}/q/{own}"
    assert len(scans(anna)) == 2


def test_head_is_answered_the_same_and_counted_apart(anna: Customer) -> None:
    code = code_of(anna)
    for _ in range(3):
        answer = scan(anna.env, code, method="HEAD")
        assert (answer.status_code, answer.headers["location"]) == (302, "https://a.ru/%2F+?abc#1")
    scan(anna.env, code, Sec_Purpose="prefetch;prerender")
    scan(anna.env, code, DNT="1")
    scan(anna.env, code, Sec_GPC="1")
    scan(anna.env, code)
    assert [kept["bot_reason"] for kept in scans(anna)] == ["head"] * 3 + ["prefetch"] + [None] * 3
    assert [kept["is_unique"] for kept in scans(anna)] == [False] * 6 + [True]


@pytest.mark.parametrize(
    "user_agent",
    [
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) Version/9.0.1"
        " Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0",
        "WhatsApp/2.23.20.0 A",
        "TelegramBot (like TwitterBot)",
        "Mozilla/5.0 (compatible; vkShare; +http://vk.com/dev/Share)",
        "Mozilla/5.0 (compatible; OdklBot/1.0; +http://ok.ru)",
        "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
        "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
        "curl/8.9.1",
    ],
)
def test_previews_and_crawlers_are_no_people(anna: Customer, user_agent: str) -> None:
    scan(anna.env, code_of(anna), User_Agent=user_agent)
    (kept,) = scans(anna)
    assert kept["bot_reason"]
    assert not kept["is_unique"]


@pytest.mark.parametrize(
    ("user_agent", "device", "os", "browser"),
    [
        (IPHONE, "phone", "iOS", "Mobile Safari"),
        (IPHONE.replace("iPhone;", "iPad;").replace("CPU iPhone", "CPU"), "tablet", "iOS", "Mobile Safari"),
        (ANDROID.format("9; CUBOT_P20"), "phone", "Android", "Chrome Mobile"),
        (ANDROID.format("13; SM-X700").replace("Mobile ", ""), "tablet", "Android", "Chrome"),
        (INSTAGRAM.format("cloud"), "phone", "Android", "Instagram"),
        (INSTAGRAM.format("java"), "phone", "Android", "Instagram"),
        ("Mozilla/5.0 (Linux; arm_64; Android 11; SM-A515F) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/102.0"
         " YaBrowser/22.7.0.82.00 SA/3 Mobile Safari/537.36", "phone", "Android", "Yandex Browser"),
        (WINDOWS, "desktop", "Windows", "Chrome"),
        ("something else", None, None, None),
    ],
)  # fmt: skip
def test_people_are_people(user_agent: str, device: str | None, os: str | None, browser: str | None) -> None:
    said = agent(user_agent)
    assert (said.device_type, said.os, said.browser, said.bot_reason) == (device, os, browser, None)


def test_the_country_is_the_addresss_or_what_our_proxy_says(anna: Customer) -> None:
    code = code_of(anna)
    for address in ("77.88.8.8", "194.2.0.20", "2001:4860:4860::8888", "10.0.0.1"):
        scan(anna.env, code, X_Forwarded_For=address)
    with anna.env.more_functions(COUNTRY_HEADER="CF-IPCountry") as (functions, _):
        for country in ("DE", "kz", "XX"):
            scan(anna.env, code, functions=functions, CF_IPCountry=country, X_Forwarded_For="10.0.0.1")
    with anna.env.more_functions(COUNTRY_HEADER="CF-IPCountry", TRUSTED_PROXIES="10.9.9.9") as (functions, _):
        scan(anna.env, code, functions=functions, CF_IPCountry="DE")
    assert [kept["country"] for kept in scans(anna)] == ["RU", "FR", "US", None, "DE", "KZ", None, None]


def test_unknown_and_malformed_codes_are_told_the_same(anna: Customer) -> None:
    unknown = scan(anna.env, "ABCDEFGHJK", X_Forwarded_For="192.0.2.10")
    assert unknown.status_code == 404
    assert "Такого кода у нас нет" in unknown.text
    for code in ("", "x", "ABCDEFGHJKL", "%00", "..%2f..", "a b", "мёд", "'--", "x" * 3000):
        answer = scan(anna.env, code, X_Forwarded_For="192.0.2.10")
        assert (answer.status_code, answer.content) == (404, unknown.content), code
        assert answer.headers["content-security-policy"] == unknown.headers["content-security-policy"]
    code = code_of(anna)
    statuses = [scan(anna.env, "ABCDEFGHJK", X_Forwarded_For="192.0.2.11").status_code for _ in range(102)]
    assert set(statuses) <= {404, 429}
    if 429 not in statuses:  # a new minute began meanwhile
        statuses = [
            scan(anna.env, "ABCDEFGHJK", X_Forwarded_For="192.0.2.11").status_code for _ in range(102)
        ]
    assert statuses[-1] == 429
    refused = scan(anna.env, "x", X_Forwarded_For="192.0.2.11")
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert scan(anna.env, code, X_Forwarded_For="192.0.2.11").status_code == 302


@contextmanager
def scan_qr_is_away(env: Env) -> Iterator[None]:
    """The database answers nothing to a scan."""
    name = "public.scan_qr(text, jsonb, timestamptz)"
    env.database.execute(f"revoke execute on function {name} from service_role".encode())
    try:
        yield
    finally:
        env.database.execute(f"grant execute on function {name} to service_role".encode())


def test_a_buyer_is_sent_on_while_the_database_is_away(anna: Customer) -> None:
    code, never_seen = code_of(anna), code_of(anna)
    with anna.env.more_functions() as (functions, _):
        scan(anna.env, code, functions=functions)
        with scan_qr_is_away(anna.env):
            assert scan(anna.env, code, functions=functions).headers["location"] == "https://a.ru/%2F+?abc#1"
            nobody_knows = scan(anna.env, never_seen, functions=functions)
            assert (nobody_knows.status_code, nobody_knows.headers["retry-after"]) == (503, "30")
            assert "С кодом всё в порядке" in nobody_knows.text
    assert len(scans(anna)) == 1


def test_a_thousand_scans_of_one_code_and_the_functions_killed_meanwhile(anna: Customer) -> None:
    env, code = anna.env, code_of(anna)

    async def one(client: httpx.AsyncClient, functions: str, number: int) -> int | None:
        try:
            answer = await client.get(
                f"{functions}/q/{code}",
                headers={
                    "User-Agent": IPHONE,
                    "Referer": f"https://n{number}.example/",
                    "X-Forwarded-For": f"192.0.2.{number % 200}",
                },
            )
        except httpx.TransportError:
            return None
        assert answer.status_code == 302
        return number

    async def all_of_them() -> set[int]:
        answered: set[int] = set()
        with env.more_functions() as (functions, server):
            async with httpx.AsyncClient(
                limits=httpx.Limits(max_connections=100), timeout=240, trust_env=False
            ) as client:
                for done in asyncio.as_completed([one(client, functions, number) for number in range(1000)]):
                    number = await done
                    if number is not None:
                        answered.add(number)
                        if len(answered) == 200:
                            server.kill()
        return answered

    answered = finished(all_of_them())
    assert 200 <= len(answered) < 1000
    hosts = [kept["referrer_host"] for kept in scans(anna)]
    assert len(hosts) == len(set(hosts)), "none twice"
    assert {f"n{number}.example" for number in answered} <= set(hosts), "none lost that was answered"
    assert len({kept["written_in"] for kept in scans(anna)}) < len(hosts), (
        "those that came together share a transaction"
    )
    assert sum(kept["is_unique"] for kept in scans(anna)) <= 200


def test_each_of_many_at_once_is_told_its_own(anna: Customer) -> None:
    targets = [f"https://a.ru/{number}" for number in range(5)]
    led = {code_of(anna, target): target for target in targets}
    asked = [*led, "ABCDEFGHJK"] * 20

    async def all_of_them() -> list[httpx.Response]:
        async with httpx.AsyncClient(timeout=60, trust_env=False) as client:
            headers = {"User-Agent": IPHONE, "X-Forwarded-For": "192.0.2.12"}
            return await asyncio.gather(
                *(client.get(f"{anna.env.functions}/q/{code}", headers=headers) for code in asked)
            )

    for code, answer in zip(asked, finished(all_of_them()), strict=True):
        assert (answer.status_code, answer.headers.get("location")) == (
            302 if code in led else 404,
            led.get(code),
        )
    assert [kept["is_unique"] for kept in scans(anna)].count(True) == len(led)
    assert len(scans(anna)) == 20 * len(led)


def test_a_wrong_method_changes_nothing(anna: Customer) -> None:
    assert scan(anna.env, code_of(anna), method="POST").status_code == 405
    assert scans(anna) == []
