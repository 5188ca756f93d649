"""Somebody said no: the API, or the database itself."""

from __future__ import annotations

import httpx
import psycopg


class Refused(Exception):
    """`code` is the product's stable code where the answer has one, `status` what HTTP says."""

    def __init__(
        self,
        text: str,
        *,
        status: int | None,
        code: str,
        detail: str = "",
        hint: str = "",
        sqlstate: str = "",
    ) -> None:
        super().__init__(text)
        self.status = status
        self.code = code
        self.detail = detail
        self.hint = hint
        self.sqlstate = sqlstate

    @classmethod
    def by_api(cls, response: httpx.Response) -> Refused:
        """What PostgREST answered; only a SQLSTATE of its own kind (PTnnn) says which status it becomes."""
        try:
            said = response.json()
        except ValueError:
            said = {}
        return cls(
            f"{response.request.method} {response.request.url}: {response.status_code} {response.text}",
            status=response.status_code,
            code=said.get("message") or "",
            detail=said.get("details") or "",
            hint=said.get("hint") or "",
            sqlstate=said.get("code") or "",
        )

    @classmethod
    def by_database(cls, error: psycopg.Error) -> Refused:
        """What a function, a policy or a constraint said; `status` where it says what PostgREST is to answer."""
        sqlstate, code = error.sqlstate or "", error.diag.message_primary or ""
        detail = error.diag.message_detail or ""
        return cls(
            f"{sqlstate} {code} {detail}",
            status=int(sqlstate[2:]) if sqlstate.startswith("PT") else None,
            code=code,
            detail=detail,
            hint=error.diag.message_hint or "",
            sqlstate=sqlstate,
        )
