"""What every scheduled function shares: who may call it, for which moment, and the row of how it went."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from core import json_text
from core.database import database
from core.http import Asked, Problem, bearer_token, invalid_input, is_secret, read
from core.settings import settings

Work = Callable[[datetime | None], Awaitable[dict[str, Any]]]
"""Does the job as of a moment (None: now). Returns its summary, in which `failed` counts what went wrong.

A summary may name `failed_steps` instead: what is then left undone the scheduler is to try again, so the answer is 500.
"""


class Scheduled(Asked):
    """What a scheduler sends: nothing, or the moment to live in where that is allowed."""

    as_of: AwareDatetime | None = None


_by_hand: ContextVar[str | None] = ContextVar("by_hand", default=None)
"""The run that a platform admin began, while it is worked on."""


@contextmanager
def begun(run_id: str) -> Iterator[None]:
    """Within it, the job that is called goes on with this run: who wanted it was asked already."""
    token = _by_hand.set(run_id)
    try:
        yield
    finally:
        _by_hand.reset(token)


async def run(request: Request, job: str, work: Work) -> Response:
    """Run a job for the scheduler and keep a row of it in `job_runs`. Answers the job's summary."""
    if by_hand := _by_hand.get():
        return _answer(None, await finish(by_hand, work(None)))
    if not is_secret(bearer_token(request), settings().scheduler_secret):
        raise Problem(401, "sign_in_required", "This is for the scheduler.")
    as_of = (await read(request, Scheduled)).as_of
    if as_of and not settings().allow_time_travel:
        raise invalid_input("as_of", "not_allowed")

    run_id = await database().call("start_job", job=job, as_of=as_of)
    return _answer(as_of, await finish(run_id, work(as_of)))


def _answer(as_of: datetime | None, summary: dict[str, Any]) -> Response:
    return JSONResponse(
        {"as_of": json_text.moment(as_of), **summary},
        status_code=500 if summary.get("failed_steps") else 200,
    )


async def run_rpc(request: Request, job: str, rpc: str) -> Response:
    """Run a job that is one RPC of the database, `<rpc>(as_of)`: what that answers is the summary."""

    async def work(as_of: datetime | None) -> dict[str, Any]:
        summary: dict[str, Any] = await database().work(rpc, as_of=as_of)
        return summary

    return await run(request, job, work)


async def finish(run_id: str, work: Awaitable[dict[str, Any]]) -> dict[str, Any]:
    """Do the work of a run that is noted in `job_runs`, and note there how it went. Returns its summary."""
    try:
        summary = await work
    except Exception as failure:
        await database().call("finish_job", run_id=run_id, status="failed", summary={}, error=repr(failure))
        raise
    failed, failed_steps = summary.get("failed", 0), summary.get("failed_steps", [])
    error = f"{failed} items failed" if failed else ", ".join(failed_steps)
    await database().call(
        "finish_job",
        run_id=run_id,
        status="failed" if error else "ok",
        summary=summary,
        error=error or None,
    )
    return summary
