"""Lists of the API: newest first, filters, `limit` 1–100 (10), `cursor`, `next_cursor` when there is more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .clock import from_text
from .errors import invalid
from .shop import Shop
from .store import Json, load

_COMPARE = {"gte": ">=", "gt": ">", "lte": "<=", "lt": "<"}
STATUSES = {
    "payments": ("pending", "waiting_for_capture", "succeeded", "canceled"),
    "refunds": ("pending", "succeeded", "canceled"),
    "receipts": ("pending", "succeeded", "canceled"),
}


def page(
    shop: Shop,
    table: str,
    params: Mapping[str, str],
    times: tuple[str, ...] = ("created_at",),
    equals: Mapping[str, str] | None = None,
) -> Json:
    """One page of a table. `times` are filtered as `<name>.gte` and so on; `equals`: parameter → column."""
    where: list[str] = ["true"]
    values: list[Any] = []
    for name in times:
        for suffix, sign in _COMPARE.items():
            text = params.get(f"{name}.{suffix}")
            if text is not None:
                try:
                    # A plus sign of a time zone arrives as a space when it was not escaped.
                    moment = from_text(text.replace(" ", "+"))
                except ValueError:
                    raise invalid("Must be a time in ISO 8601", f"{name}.{suffix}") from None
                where.append(f"{name.removesuffix('_at')}_ms {sign} ?")
                values.append(moment)
    status = params.get("status")
    if status is not None:
        if status not in STATUSES[table]:
            raise invalid(f"Must be one of {', '.join(STATUSES[table])}", "status")
        where.append("status = ?")
        values.append(status)
    for name, column in (equals or {}).items():
        if name in params:
            where.append(f"{column} = ?")
            values.append(params[name])
    if "cursor" in params:
        last = shop.store.value(f"select number from {table} where id = ?", params["cursor"])  # noqa: S608
        if last is None:
            raise invalid("Unknown cursor", "cursor")
        where.append("number < ?")
        values.append(last)
    limit = _limit(params.get("limit"))
    found = shop.store.rows(
        f"select id, object from {table} where {' and '.join(where)}"  # noqa: S608
        " order by number desc limit ?",
        *values,
        limit + 1,
    )
    answer: Json = {"type": "list", "items": [load(row["object"]) for row in found[:limit]]}
    if len(found) > limit:
        answer["next_cursor"] = found[limit - 1]["id"]
    return answer


def _limit(text: str | None) -> int:
    if text is None:
        return 10
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= 100:
        raise invalid("Must be from 1 to 100", "limit")
    return int(text)
