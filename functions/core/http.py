"""How every function hears and answers: request ids, errors of one shape, CORS for our own site only."""

import asyncio
import hmac
import json
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from uuid import uuid4

from pydantic import SecretStr, ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from core import json_text, logs
from core.models import Model
from core.settings import settings

LARGEST_BODY = 64 * 1024
"""Bytes. Nothing that is sent to these functions is near it."""
LONGEST_BODY = 10
"""Seconds a body may be on its way."""

Answer = Callable[[Request], Awaitable[Response]]

_TOKEN = re.compile(r"[0-9A-Za-z._~+/-]+=*")
_REQUEST_ID = re.compile(r"[0-9A-Za-z_-]{8,64}")
_SAFE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
}


class Problem(Exception):
    """An answer that is an error: one of the product's stable codes, a sentence, and what to do about it."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str | None = None,
        hint: str | None = None,
        retry_after: str | None = None,
    ) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code
        self.detail = detail
        self.hint = hint
        self.retry_after = retry_after


class Asked(Model, extra="forbid"):
    """What a caller sends: exactly these fields, and nothing of it repeated in our log."""


AskedType = TypeVar("AskedType", bound=Asked)


async def respond(
    request: Request, name: str, answer: Answer, *, methods: str, for_browser: bool = False
) -> Response:
    """Run one function's `answer`; whatever comes of it becomes an answer of ours, and a line in the log.

    `methods` are the HTTP methods it takes, separated by commas. Only what is `for_browser` is open to our web.
    """
    began = time.perf_counter()
    given_id = request.headers.get("x-request-id", "")
    request_id = given_id if _REQUEST_ID.fullmatch(given_id) else uuid4().hex
    token = logs.request_id.set(request_id)
    try:
        if request.method == "OPTIONS" and for_browser:
            response = Response(status_code=204)
        elif request.method not in methods.split(","):
            response = _error(Problem(405, "not_found", f"This function takes {methods} only."), request_id)
            response.headers["Allow"] = methods
        else:
            response = await _answer_or_problem(request, answer, request_id)
        for header, value in _SAFE_HEADERS.items():
            response.headers.setdefault(header, value)
        response.headers["X-Request-Id"] = request_id
        if for_browser:
            _open_to_our_site(request, response, methods)
        milliseconds = round((time.perf_counter() - began) * 1000, 1)
        logs.info(
            f"{name} {response.status_code}", function=name, status=response.status_code, ms=milliseconds
        )
        return response
    finally:
        logs.request_id.reset(token)


async def _answer_or_problem(request: Request, answer: Answer, request_id: str) -> Response:
    """The function's answer; an error becomes the product's error object."""
    try:
        return await answer(request)
    except Problem as problem:
        return _error(problem, request_id)
    except ClientDisconnect:
        return _error(Problem(400, "invalid_input", "The request ended before it was whole."), request_id)
    except Exception:
        logs.error("a function failed")
        return _error(
            Problem(500, "unavailable", "Something went wrong on our side.", "Try again in a minute."),
            request_id,
        )


def _error(problem: Problem, request_id: str) -> Response:
    body = {"error": problem.code, "detail": problem.detail, "hint": problem.hint, "request_id": request_id}
    return JSONResponse(
        body, problem.status, {"Retry-After": problem.retry_after} if problem.retry_after else None
    )


def _open_to_our_site(request: Request, response: Response, methods: str) -> None:
    """CORS: a page of our own site may call this and read the answer, any other may not."""
    response.headers["Vary"] = "Origin"
    if request.headers.get("origin", "").lower() == settings().site_origin:
        response.headers["Access-Control-Allow-Origin"] = request.headers["origin"]
        response.headers["Access-Control-Allow-Methods"] = f"{methods},OPTIONS"
        response.headers["Access-Control-Allow-Headers"] = (
            "authorization,content-type,apikey,x-client-info,x-request-id"
        )
        response.headers["Access-Control-Expose-Headers"] = "x-request-id,retry-after"
        response.headers["Access-Control-Max-Age"] = "600"


async def read_body(request: Request, largest: int = LARGEST_BODY, longest: float = LONGEST_BODY) -> bytes:
    """The body, or 413, 408: one that is too large, or does not come, is not read to its end."""
    too_large = Problem(413, "too_large", f"The body is over {largest // 1024} KiB.")
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and float(announced) > largest:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(longest):
            async for piece in request.stream():
                body += piece
                if len(body) > largest:
                    raise too_large
    except TimeoutError:
        raise Problem(408, "invalid_input", "The body did not come in time.") from None
    return bytes(body)


async def read(request: Request, model: type[AskedType]) -> AskedType:
    """What the caller asks, or 422 with a list of `{field, code}`. An empty body asks for all defaults."""
    body = await read_body(request)
    try:
        asked = json_text.parse(body) if body else {}
    except ValueError:
        raise invalid_input("body", "not_json") from None
    try:
        return model.model_validate(asked)
    except ValidationError as failure:
        raise _invalid(*(_field_error(error) for error in failure.errors())) from None


def invalid_input(field: str, code: str) -> Problem:
    """The answer to one field that cannot be taken."""
    return _invalid({"field": field, "code": code})


def _field_error(error: Any) -> dict[str, str]:
    codes = {"missing": "required", "extra_forbidden": "unknown_field"}
    return {"field": ".".join(map(str, error["loc"])) or "body", "code": codes.get(error["type"], "invalid")}


def _invalid(*errors: dict[str, str]) -> Problem:
    return Problem(422, "invalid_input", json.dumps(errors), "Correct the fields named in detail.")


def bearer_token(request: Request) -> str:
    """The access token a person signed in with, or 401. Whether it is good is for the database to say."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not _TOKEN.fullmatch(token):
        raise Problem(401, "sign_in_required", "This needs a signed-in person.", "Sign in and try again.")
    return token


def is_secret(given: str, secret: SecretStr | None) -> bool:
    """Whether this is the secret, in a time that does not tell how near it was. No secret set: nothing is."""
    return secret is not None and hmac.compare_digest(given.encode(), secret.get_secret_value().encode())
