"""What is reached with a credential: tokens at every service, jobs, webhooks, and the functions that people call."""

from __future__ import annotations

import hmac
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from itertools import product
from typing import Any
from uuid import uuid4

import main
from attack.asking import Answer, Ask, ask_all, improper
from attack.on_rpcs import CODES, HUGE
from attack.scene import OUTSIDERS, Finding, Scene
from core.http import LARGEST_BODY, Asked
from kit.env import WEBHOOK_SECRET
from stack.scheduler import read_jobs

FUNCTIONS = "/functions/v1"
OF_PEOPLE = [
    name
    for name, function in main.FUNCTIONS.items()
    if function.for_browser and "POST" in function.methods.split(",")
]
HOSTILE: list[Any] = [
    None,
    "",
    HUGE,
    "a\u0000b",
    "\ud800",
    "'; drop table x; --",
    "../../x",
    17,
    -1,
    1e308,
    True,
    [],
    {"a": 1},
]


# Tokens -------------------------------------------------------------------------------------------------------------------


def forged(claims: Mapping[str, Any], secret: str = "", alg: str = "HS256", **header: str) -> str:
    """A token signed with this secret; with none where `alg` says so."""
    parts = [
        {"alg": alg, "typ": "JWT", **header},
        {"aud": "authenticated", "exp": int(time.time()) + 3600, **claims},
    ]
    signed = b".".join(_base64(json.dumps(part).encode()) for part in parts)
    signature = b"" if alg.lower() == "none" else _base64(hmac.digest(secret.encode(), signed, "sha256"))
    return (signed + b"." + signature).decode()


def _base64(content: bytes) -> bytes:
    return urlsafe_b64encode(content).rstrip(b"=")


def bad_credentials(scene: Scene) -> dict[str, dict[str, str]]:
    """What opens nothing: the headers of each, by what is wrong with it."""
    owner = {"sub": str(scene.victim.ids["anna"]), "role": "authenticated"}
    service = {"role": "service_role"}
    good, secret = str(scene.rival.people["anna"].token), scene.credentials.jwt_secret
    head, _, signature = good.split(".")
    swapped = [
        ".".join((head, _base64(json.dumps(claims).encode()).decode(), signature))
        for claims in (owner, service)
    ]
    tokens = {
        "garbage": "x.y.z",
        "one part": "x",
        "no algorithm": forged(owner, alg="none"),
        "no algorithm, in other letters": forged(service, alg="nOnE"),
        "another secret": forged(owner, "another"),
        "an empty secret": forged(owner),
        "a key from a file": forged(service, kid="../../../../dev/null"),
        "a service role of one's own": forged(service, "another"),
        "a superuser": forged({"role": "postgres"}, "another"),
        "its time is over": forged(owner | {"exp": int(time.time()) - 1}, secret),
        "somebody else under a good signature": swapped[0],
        "the service role under a good signature": swapped[1],
        "a changed signature": good[:-6] + "AAAAAA",
        "no signature": good.rpartition(".")[0] + ".",
    }
    keys = {"a secret key of nobody": "sb_secret_x", "no key": "", "the token secret": "service_role"}
    return {
        "none": {},
        **{what: {"Authorization": f"Bearer {token}"} for what, token in tokens.items()},
        **{what: {"apikey": key, "Authorization": f"Bearer {key or 'x'}"} for what, key in keys.items()},
    }


def with_tokens(scene: Scene) -> Iterator[Ask]:
    """Each bad credential at each service, asking for what the victim's owner may have."""
    organization = scene.victim.organization
    evidence = next(row["path"] for (table, _), row in scene.rows.items() if table == "evidence_files")
    places: list[tuple[str, str, Any]] = [
        ("GET", "/rest/v1/organization_settings", None),
        ("GET", "/rest/v1/profiles?select=full_name", None),
        ("PATCH", f"/rest/v1/organizations?id=eq.{organization}", {"region": "чужой"}),
        ("POST", "/rest/v1/rpc/billing_overview", {"organization_id": str(organization)}),
        ("POST", "/rest/v1/rpc/platform_health", {}),
        ("GET", f"/storage/v1/object/status-evidence/{evidence}", None),
        ("POST", f"/storage/v1/object/sign/status-evidence/{evidence}", {"expiresIn": 60}),
        ("GET", "/auth/v1/user", None),
        ("PUT", "/auth/v1/user", {"password": "правильный-пароль-2"}),
        *(
            ("POST", f"{FUNCTIONS}/{name}", body)
            for name in OF_PEOPLE
            for body in bodies(scene, name, scene.rows)[:1]
        ),
    ]
    for (what, headers), (method, path, body) in product(bad_credentials(scene).items(), places):
        more = {} if body is None else {"json": body}
        yield Ask(
            path.partition("?")[0], "visitor", f"{method} with {what}", method, path, headers=headers, **more
        )


# Jobs ---------------------------------------------------------------------------------------------------------------------


def at_jobs(scene: Scene) -> Iterator[Ask]:
    """Whoever is not the scheduler, at each job; and the scheduler, asking for another moment than now."""
    right = scene.site.scheduler_secret
    wrong = {
        "no secret": {"Authorization": ""},
        "an empty secret": {"Authorization": "Bearer "},
        "a wrong secret": {"Authorization": "Bearer x"},
        "a part of the secret": {"Authorization": f"Bearer {right[:-1]}"},
        "more than the secret": {"Authorization": f"Bearer {right}x"},
        "the secret otherwise": {"Authorization": f"Basic {right}"},
        "the secret as a key": {"apikey": right},
        "the publishable key": {"Authorization": f"Bearer {scene.site.publishable_key}"},
        "the service key": {"Authorization": f"Bearer {scene.site.secret_key}"},
        "a moderator": {"Authorization": f"Bearer {scene.rival.people['moderator'].token}"},
    }
    for job in read_jobs():
        path = f"{FUNCTIONS}/{job.function}"
        for what, headers in wrong.items():
            yield Ask(job.function, "visitor", f"run with {what}", "POST", path, json={}, headers=headers)
        for as_of in ("2030-01-01T00:00:00Z", "1990-01-01T00:00:00Z", "infinity", ["now"], 0):
            headers = {"Authorization": f"Bearer {right}"}
            yield Ask(
                job.function,
                "visitor",
                f"run as of {as_of}",
                "POST",
                path,
                json={"as_of": as_of},
                headers=headers,
            )


# Webhooks -----------------------------------------------------------------------------------------------------------------


def at_the_webhook(scene: Scene) -> Iterator[Ask]:
    """What is not from ЮKassa, is no notification, or lies about the victim's payments."""
    payment = next(row for (table, _), row in scene.rows.items() if table == "payment_transactions")
    lie = {
        "type": "notification", "event": "payment.succeeded",
        "object": {"id": payment["yookassa_payment_id"], "status": "succeeded", "paid": True,
                   "amount": {"value": "1.00", "currency": "RUB"}, "metadata": {"transaction_id": payment["id"]}},
    }  # fmt: skip
    right = f"{FUNCTIONS}/yookassa_webhook/{WEBHOOK_SECRET}"
    here = {"X-Forwarded-For": "185.71.76.1"}

    def ask(what: str, path: str = right, **more: Any) -> Ask:
        return Ask(
            "yookassa_webhook", "visitor", what, "POST", path, **{"headers": here, "json": lie, **more}
        )

    bare = right.rpartition("/")[0]
    for secret in ("", "/", "/x", f"/{WEBHOOK_SECRET}x", f"/{WEBHOOK_SECRET[:-1]}", f"/{WEBHOOK_SECRET.upper()}", "/%00",
                   f"/x/../{WEBHOOK_SECRET}x", f"?secret={WEBHOOK_SECRET}", f"/{uuid4()}"):  # fmt: skip
        yield ask("a wrong secret", bare + secret)
    for address in ("8.8.8.8", "185.71.76.1, 8.8.8.8", "::ffff:8.8.8.8", "evil"):
        yield ask("a foreign address", headers={"X-Forwarded-For": address})
    for content in (
        b"",
        b"x",
        b"[]",
        b"null",
        b'"x"',
        b"{",
        b"\xff\xfe",
        b"[" * 5000,
        b'{"a": NaN',
        b"x" * (LARGEST_BODY + 1),
    ):
        yield Ask(
            "yookassa_webhook", "visitor", "no notification", "POST", right, content=content, headers=here
        )
    for body in ({}, {"type": "notification"}, {"event": "payment.succeeded", "object": None}, lie | {"event": "payment.x"},
                 lie | {"object": {}}, lie | {"object": {"id": 17}}, lie | {"object": {"id": HUGE}}, lie | {"type": ["x"]},
                 lie | {"object": {"id": "'; drop table x; --"}}, lie | {"object": {"id": "\u0000"}}):  # fmt: skip
        yield ask("an odd notification", json=body)
    for event in ("payment.succeeded", "payment.canceled", "refund.succeeded", "payment_method.active"):
        for _ in range(2):  # and again
            yield ask("a lie", json=lie | {"event": event})


# Functions that people call -----------------------------------------------------------------------------------------------


def at_functions(scene: Scene, who: str) -> Iterator[Ask]:
    """Each function of people's, about what is the victim's and, with one odd field each, about what is one's own."""
    for name in OF_PEOPLE:

        def call(body: Any, name: str = name) -> Ask:
            return Ask(
                name,
                who,
                f"called with {str(body)[:80]}",
                "POST",
                f"{FUNCTIONS}/{name}",
                json=body,
            )

        foreign, own = bodies(scene, name, scene.rows), bodies(scene, name, scene.theirs)
        odd: list[Any] = [{}, [], None, 17, "x", foreign[0] | {"more": 1}, own[0] | foreign[-1]]
        for body in foreign + odd:
            yield call(body)
        if who == "owner of another":
            for content in (b"", b"{", b"\xff", b"[" * 5000, b"x" * (LARGEST_BODY + 1)):
                yield Ask(
                    name, who, f"called with {content[:9]!r}", "POST", f"{FUNCTIONS}/{name}", content=content
                )
            for field, value in product(own[0], HOSTILE):
                yield call(own[0] | {field: value})


def bodies(
    scene: Scene, name: str, rows: Mapping[tuple[str, str], Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """What a function may be asked about these rows, its fields as its module writes them."""
    fields = {field for model in _models(name) for field in model.model_fields}
    known = {
        "organization_id": next(row["id"] for (table, _), row in rows.items() if table == "organizations"),
        "path": next(row["path"] for (table, _), row in rows.items() if table == "evidence_files"),
        "plan_id": "a_month",
        "reason": "Проверка",
        "amount": "1.00",
    }
    transactions = [row["id"] for (table, _), row in rows.items() if table == "payment_transactions"]
    kinds = ("trial", "subscription", "plan_change", "card")
    found = [
        {field: {"transaction_id": transaction, "kind": kind, **known}.get(field) for field in fields}
        for transaction, kind in product(transactions, kinds)
    ]
    return [body for place, body in enumerate(found) if body not in found[:place]]


def _models(name: str) -> list[type[Asked]]:
    module = import_module(main.FUNCTIONS[name].module)
    return [
        it
        for it in vars(module).values()
        if isinstance(it, type) and issubclass(it, Asked) and it is not Asked
    ]


# What went wrong ----------------------------------------------------------------------------------------------------------


def attack(scene: Scene, asks: Iterable[Ask]) -> tuple[set[Finding], int]:
    """Of asks of which none may reach anything of the victim's, or start anything."""
    found, calls = set[Finding](), 0
    before, runs = scene.state(), _job_runs(scene)

    def judge(answers: list[Answer]) -> None:
        nonlocal calls
        calls += len(answers)
        found.update(improper(scene, answers))
        for answer in answers:
            found.update(_of_an_answer(scene, answer))

    ask_all(scene, [list(asks)], judge)
    for change in scene.changes(before):
        if change.table != "payment_webhooks_log":  # what says that it is of ЮKassa is kept, and looked into
            found.add(
                Finding(change.table, "somebody", f"{change.verb} {' '.join(sorted(change.columns))}".strip())
            )
    if _job_runs(scene) != runs:
        found.add(Finding("job_runs", "visitor", "a job ran"))
    return found, calls


def _job_runs(scene: Scene) -> int:
    return int(scene.victim.one("select count(*) from public.job_runs")["count"])


def _of_an_answer(scene: Scene, answer: Answer) -> Iterator[Finding]:
    ask = answer.ask
    asked_too_much = ask.who == "visitor" or scene.marks_in(ask.sent)
    if answer.is_good and asked_too_much and ask.what not in ("a lie", "an odd notification"):
        yield answer.finding(f"{ask.what}: let in")
    if ask.path.startswith(FUNCTIONS) and 400 <= answer.status < 500:
        said = answer.json if isinstance(answer.json, dict) else {}
        code = said.get("error")
        if CODES.get(str(code)) != answer.status and (answer.status, code) not in KNOWN:
            yield answer.finding(f"{ask.what}: {answer.status} {code}")
    told = set(scene.marks_in(answer.text, ask.sent)) - scene.shown
    if told and ask.who in OUTSIDERS:
        yield answer.finding(f"{ask.what}: told of the victim")


KNOWN = {(400, "invalid_input"), (408, "invalid_input"), (405, "not_found")}
"""Of functions: a body that is no JSON, one that does not come, a wrong method."""
