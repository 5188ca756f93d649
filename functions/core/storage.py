"""Supabase Storage: files people uploaded, read as they may read them; files of ours, written with the service key.

A download is not held in memory: it goes to a file, and ends as soon as it is too large.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import BinaryIO
from urllib.parse import quote

import httpx
from pydantic import ValidationError
from storage3 import AsyncStorageClient
from storage3.exceptions import StorageApiError

from core import logs
from core.http import Problem
from core.http_client import supabase_client
from core.models import Model
from core.settings import Settings, settings

_SECONDS = 30
_PAGE = 1000
"""Names in one list, and in one removal: the most Storage takes."""
_FOR_EVER = "31536000, immutable"
"""What follows `max-age=` in Cache-Control."""


class TooLarge(Exception):
    """The file has more bytes than were asked for at most."""


class Downloaded(Model):
    """What came: how many bytes, and their SHA-256 in hex."""

    bytes: int
    sha256: str


class _Refusal(Model):
    """Storage's error object. `statusCode` is what it means; the HTTP status is often 400 for everything."""

    statusCode: str = ""
    message: str = ""


class Storage:
    """The buckets of one Supabase project."""

    def __init__(self, settings: Settings) -> None:
        self._url = f"{settings.supabase_url}/storage/v1"
        self._publishable_key = settings.supabase_publishable_key
        self._buckets = AsyncStorageClient(
            f"{self._url}/",
            {"apikey": settings.supabase_secret_key.get_secret_value()},
            http_client=supabase_client(),
        )

    async def download(self, token: str, bucket: str, path: str, to: BinaryIO, at_most: int) -> Downloaded:
        """Write a file's bytes to `to`, as the person may read it whose access token this is.

        Raises TooLarge beyond `at_most` bytes; Problem 404 when there is no such file for this person.
        """
        # Not storage3's own download, which holds the whole file in memory.
        # identity: what is counted is what arrives, and no compressed bomb is unpacked on the way.
        headers = {
            "apikey": self._publishable_key,
            "Authorization": f"Bearer {token}",
            "Accept-Encoding": "identity",
        }
        size, digest = 0, hashlib.sha256()
        try:
            async with supabase_client().stream(
                "GET",
                f"{self._url}/object/authenticated/{bucket}/{quote(path)}",
                headers=headers,
                timeout=httpx.Timeout(_SECONDS, connect=5),
            ) as response:
                if not response.is_success:
                    await response.aread()
                    raise _problem(response)
                async for piece in response.aiter_raw():
                    size += len(piece)
                    if size > at_most:
                        raise TooLarge
                    digest.update(piece)
                    to.write(piece)
        except httpx.HTTPError as failure:
            raise _unavailable(type(failure).__name__) from None
        to.flush()
        return Downloaded(bytes=size, sha256=digest.hexdigest())

    async def public(self, bucket: str, path: str) -> bytes | None:
        """A file of a public bucket, which takes small ones only; None when it is not there."""
        async with _asked():
            response = await supabase_client().get(f"{self._url}/object/public/{bucket}/{quote(path)}")
        if response.status_code in (400, 404):  # Storage says either of what it does not have
            return None
        if not response.is_success:
            raise _unavailable(f"{response.status_code} for a public file")
        return response.content

    async def upload(self, bucket: str, path: str, content: bytes, content_type: str) -> None:
        """Put a file there with the service key, in place of one that is there. Its name never means other bytes."""
        async with _asked():
            await self._buckets.from_(bucket).upload(
                path,
                content,
                {"content-type": content_type, "cache-control": _FOR_EVER, "upsert": "true"},
            )

    async def remove(self, bucket: str, paths: list[str]) -> None:
        """Remove files with the service key; what is not there stays so."""
        async with _asked():
            await self._buckets.from_(bucket).remove(paths)

    async def remove_folder(self, bucket: str, folder: str) -> int:
        """Remove all files of a folder and of those in it; how many there were."""
        removed = 0
        while True:
            async with _asked():
                listed = await self._buckets.from_(bucket).list(folder, {"limit": _PAGE, "offset": 0})
            paths = {f"{folder}/{item['name']}": item["id"] is None for item in listed}
            files = [path for path, is_folder in paths.items() if not is_folder]
            if files:
                await self.remove(bucket, files)
            removed += len(files)
            for path, is_folder in paths.items():
                removed += await self.remove_folder(bucket, path) if is_folder else 0
            if len(listed) < _PAGE:
                return removed


@asynccontextmanager
async def _asked() -> AsyncIterator[None]:
    """Around what is asked with the service key: not refused, and answered in time; else Problem 503."""
    try:
        async with asyncio.timeout(_SECONDS):
            yield
    except (httpx.HTTPError, TimeoutError) as failure:
        raise _unavailable(type(failure).__name__) from None
    except StorageApiError as refused:
        raise _unavailable(f"{refused.status} {refused.code} {refused.message[:200]}") from None


@cache
def storage() -> Storage:
    """The storage this process works with."""
    return Storage(settings())


def _problem(response: httpx.Response) -> Problem:
    """The answer to give when a person's file is not handed out."""
    try:
        said = _Refusal.model_validate_json(response.content)
    except ValidationError:
        said = _Refusal()
    if response.status_code >= 500 and said.statusCode not in ("400", "403", "404"):
        return _unavailable(f"{response.status_code} {said.message}")
    # Not there, and not for this person: Storage does not tell one from the other, and neither do we.
    return Problem(404, "not_found", "There is no such file.", "Upload it again.")


def _unavailable(said: str) -> Problem:
    logs.error("the storage does not do what was asked", said=said)
    return Problem(503, "unavailable", "The files cannot be reached just now.", "Try again in a minute.")
