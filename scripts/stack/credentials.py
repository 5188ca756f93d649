"""The secrets of one stack: made once for each data folder, and kept there."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

from stack import private


def token() -> str:
    return secrets.token_urlsafe(24)


@dataclass(frozen=True)
class Credentials:
    """New ones each time it is made; `Credentials.kept(data)` for those of a data folder."""

    database_password: str = field(default_factory=token, repr=False)
    """Of the roles the API connects as; the operator's is Postgres's own."""
    jwt_secret: str = field(default_factory=token, repr=False)
    publishable_key: str = field(default_factory=lambda: f"sb_publishable_{token()}", repr=False)
    secret_key: str = field(default_factory=lambda: f"sb_secret_{token()}", repr=False)
    scheduler_secret: str = field(default_factory=token, repr=False)
    webhook_secret: str = field(default_factory=token, repr=False)
    shop_id: str = field(default_factory=lambda: str(secrets.randbelow(900_000) + 100_000))
    shop_secret_key: str = field(default_factory=lambda: f"test_{token()}", repr=False)

    @classmethod
    def kept(cls, data: Path) -> Credentials:
        """Those in `data/secrets.json` (readable by its owner only); what is missing there is made."""
        path = data / "secrets.json"
        known = json.loads(path.read_text()) if path.exists() else {}
        credentials = cls(**known)
        if asdict(credentials) != known:
            private.write_json(path, asdict(credentials))
        return credentials
