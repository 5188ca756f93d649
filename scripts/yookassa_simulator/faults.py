"""Faults of the API on demand: the next `times` requests that match a method and a path pattern go wrong.

A fault is {"kind", "method", "path", "times", "committed", "seconds", "retry_after", "value"}:

kind            what the client sees
error           500 internal_server_error
bad_gateway     502 with an HTML page
rate_limit      429 with `retry_after` (milliseconds); never committed
hang            nothing for `seconds`, then the ordinary answer
reset           the connection is reset
garbage         200 with half of a JSON
unknown_reason  the ordinary answer with cancellation_details.reason = `value`
unknown_method  the ordinary answer with payment_method.type = `value`

`committed` (error, bad_gateway, hang, reset, garbage): whether the request did its work before it went wrong; for a
hang, whether the work is done before or after the pause. `path` is a shell pattern: `/v3/payments/*/cancel`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase

from .store import Json, Store, dump, load

KINDS = ("error", "bad_gateway", "rate_limit", "hang", "reset", "garbage", "unknown_reason", "unknown_method")


@dataclass(frozen=True)
class Fault:
    kind: str
    method: str = "*"
    path: str = "/v3/*"
    times: int = 1
    committed: bool = False
    seconds: float = 0.0
    retry_after: int = 1000
    value: str = "moon_phase"


def add(store: Store, fields: Json) -> int:
    """Add a fault; the answer is its number. ValueError says what is wrong with it."""
    try:
        fault = Fault(**fields)
    except TypeError as error:
        raise ValueError(str(error)) from None
    if fault.kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}")
    if not isinstance(fault.times, int) or fault.times < 1:
        raise ValueError("times must be a positive number")
    if not isinstance(fault.seconds, int | float) or not 0 <= fault.seconds <= 600:
        raise ValueError("seconds must be from 0 to 600")
    return store.run("insert into faults (fault, remaining) values (?, ?)", dump(asdict(fault)), fault.times)


def take(store: Store, method: str, path: str) -> Fault | None:
    """The first fault that matches the request, used up by one."""
    for row in store.rows("select id, fault from faults where remaining > 0 order by id"):
        fault = Fault(**load(row["fault"]))
        if fault.method in ("*", method) and fnmatchcase(path, fault.path):
            store.run("update faults set remaining = remaining - 1 where id = ?", row["id"])
            return fault
    return None


def listed(store: Store) -> list[Json]:
    return [
        {"id": row["id"], "remaining": row["remaining"], **load(row["fault"])}
        for row in store.rows("select * from faults order by id")
    ]


def distort(fault: Fault, answer: Json) -> Json:
    """The answer with a value that no client has heard of."""
    items = [distort(fault, item) for item in answer["items"]] if "items" in answer else None
    changed = dict(answer) if items is None else {**answer, "items": items}
    if fault.kind == "unknown_reason" and "cancellation_details" in answer:
        changed["cancellation_details"] = {**answer["cancellation_details"], "reason": fault.value}
    if fault.kind == "unknown_method" and "payment_method" in answer:
        changed["payment_method"] = {**answer["payment_method"], "type": fault.value}
    return changed
