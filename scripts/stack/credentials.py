"""The secrets of one stack: made once for each data folder, and kept there."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path


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
            write_private(path, asdict(credentials))
        return credentials


def write_private(path: Path, content: object) -> None:
    """Write JSON that only its owner may read: all of it or nothing."""
    unfinished = path.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(content, file, indent=2)
    unfinished.replace(path)
