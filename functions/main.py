"""The functions: one table, a row for each that is deployed.

    functions-framework --asgi --source functions/main.py --target checkout

A function understands the request, asks the outside world, tells the database. The rules are in the database.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from importlib import import_module
from typing import Any

from core import logs
from core.http import Answer, respond
from core.settings import settings
from functions_framework import aio
from starlette.requests import Request
from starlette.responses import Response


@dataclass(frozen=True)
class Function:
    """One function. Its module has an `answer(request)`, and is loaded when the function is called."""

    module: str
    methods: str = "POST"
    """Separated by commas."""
    for_browser: bool = False
    """Whether a page of our own site may call it."""
    rpc: str | None = None
    """For a scheduled job that is one RPC of the database: its name."""


def job(rpc: str) -> Function:
    """A scheduled job that is one RPC, `<rpc>(as_of)`. What it also needs is a row in schedule.toml."""
    return Function("core.jobs", rpc=rpc)


FUNCTIONS = {
    # Called by signed-in people, from our site
    "checkout": Function("billing.checkout", for_browser=True),
    "payment_status": Function("billing.payment_status", for_browser=True),
    "validate_evidence": Function("files.validate_evidence", for_browser=True),
    "validate_logo": Function("files.validate_logo", for_browser=True),
    "validate_video": Function("stories.validate_video", for_browser=True),
    "validate_image": Function("stories.validate_image", for_browser=True),
    "qr_check": Function("qr.qr_check", for_browser=True),
    "qr_export": Function("qr.qr_export", for_browser=True),
    "qr_import": Function("qr.qr_import", for_browser=True),
    "qr_scans": Function("qr.qr_scans", for_browser=True),
    # Called by platform admins, from our site
    "refund": Function("billing.refund", for_browser=True),
    "payment_refetch": Function("billing.payment_refetch", for_browser=True),
    "run_job": Function("core.run_job", for_browser=True),
    # Called by ЮKassa: /<YOOKASSA_WEBHOOK_SECRET>
    "yookassa_webhook": Function("billing.yookassa_webhook"),
    # Called by whoever has the e-mail: /<token>
    "unsubscribe": Function("mail.unsubscribe", methods="GET,HEAD,POST"),
    # Called by whoever scans a printed code: /<code>
    "q": Function("qr.q", methods="GET,HEAD"),
    # Called by the server in front of the web: /<path of a public page>
    "page": Function("pages.page", methods="GET,HEAD"),
    # Called by anyone
    "qr_image": Function("qr.qr_image", methods="GET,HEAD,POST", for_browser=True),
    "story_media": Function("stories.story_media", methods="GET,HEAD,POST", for_browser=True),
    "health": Function("core.health", methods="GET,HEAD", for_browser=True),
    # Called by the scheduler (schedule.toml)
    "payment_sweep": Function("billing.payment_sweep"),
    "subscription_renewal": Function("billing.subscription_renewal"),
    "deliver_email": Function("mail.deliver_email"),
    "status_expiry": Function("trust.status_expiry"),
    "organization_cleanup": Function("files.organization_cleanup"),
    "story_withdrawal": Function("stories.story_withdrawal"),
    "level_c": job("run_level_c"),
    "qr_rollup": job("run_qr_rollup"),
}


@cache
def load(name: str) -> Answer:
    """What answers for a function: loads its module, if it is not yet."""
    function = FUNCTIONS[name]
    module = import_module(function.module)
    answer: Answer = partial(module.run_rpc, job=name, rpc=function.rpc) if function.rpc else module.answer
    return answer


def entry_point(name: str) -> Callable[..., Any]:
    """A function as it is deployed, under its name."""
    function = FUNCTIONS[name]

    async def answer(request: Request) -> Response:
        return await load(name)(request)

    async def entry(request: Request) -> Response:
        return await respond(
            request, name, answer, methods=function.methods, for_browser=function.for_browser
        )

    entry.__name__ = name
    return aio.http(entry)


# The functions framework takes an entry point by its name in this module.
globals().update({name: entry_point(name) for name in FUNCTIONS})

# A function that is deployed alone and is not told what it needs fails here, and not before its first caller.
# Source of the variable: https://github.com/GoogleCloudPlatform/functions-framework-python#configuration
if deployed := os.environ.get("FUNCTION_TARGET"):
    logs.configure(settings().secrets())
    load(deployed)
