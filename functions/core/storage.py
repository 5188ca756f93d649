"""Supabase Storage: files people uploaded, read as they may read them; files of ours, written with the service key.

A download is not held in memory: it goes to a file, and ends as soon as it is too large.
"""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO
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
_LONG_SECONDS = 120
"""For 100 MB on their way to Storage."""
_PIECE = 256 * 1024
_FETCH = 1024 * 1024
_PAGE = 1000
"""Names in one list, and in one removal: the most Storage takes."""
_FOR_EVER = "31536000, immutable"
"""What follows `max-age=` in Cache-Control."""
_FOR_ONE = "private, max-age=3600"


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


class _Signed(Model):
    """One of many addresses that were signed: without /storage/v1 before it."""

    signedURL: str | None = None


class Storage:
    """The buckets of one Supabase project."""

    def __init__(self, settings: Settings) -> None:
        self._url = f"{settings.supabase_url}/storage/v1"
        self._publishable_key = settings.supabase_publishable_key
        self._key = {"apikey": settings.supabase_secret_key.get_secret_value()}
        self._upsert = {**self._key, "x-upsert": "true"}
        self._buckets = AsyncStorageClient(
            f"{self._url}/",
            dict(self._key),
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

    async def read(self, bucket: str, path: str, offset: int, length: int) -> bytes:
        """A part of a file, with the service key: these bytes, fewer at its end. Raises Problem 404 when it is not there."""
        headers = {
            **self._key,
            "Range": f"bytes={offset}-{offset + length - 1}",
            "Accept-Encoding": "identity",
        }
        async with _asked():
            response = await supabase_client().get(
                f"{self._url}/object/authenticated/{bucket}/{quote(path)}", headers=headers
            )
        if not response.is_success:
            raise _problem(response)
        # one that does not know ranges gives the whole file
        return response.content if response.status_code == 206 else response.content[offset : offset + length]

    async def fetch(self, bucket: str, path: str, to: BinaryIO, size: int) -> None:
        """Write the first `size` bytes of a file to `to`, with the service key, a megabyte at a time."""
        for offset in range(0, size, _FETCH):
            to.write(await self.read(bucket, path, offset, min(_FETCH, size - offset)))
        to.flush()

    async def upload_file(self, bucket: str, path: str, file: Path, content_type: str) -> None:
        """Put a file of this machine there with the service key, a piece at a time; in place of one that is there.

        No cache on its way to somebody keeps it: what is withdrawn is gone.
        """
        headers = {
            **self._upsert,
            "Content-Type": content_type,
            "Content-Length": str(await asyncio.to_thread(os.path.getsize, file)),
            "Cache-Control": _FOR_ONE,
        }
        await self._send(f"object/{bucket}/{quote(path)}", headers=headers, content=_pieces(file))

    async def copy(self, bucket: str, path: str, to_bucket: str, to_path: str) -> None:
        """Copy a file where it lies, with the service key: no byte comes here. No cache keeps it, as with `upload_file`."""
        way = _way(bucket, path, to_bucket, to_path) | {"metadata": {"cacheControl": _FOR_ONE}}
        await self._send("object/copy", json=way, headers=self._upsert)

    async def move(self, bucket: str, path: str, to_path: str) -> bool:
        """Give a file another name, with the service key. False when there is none under the old name."""
        try:
            await self._send("object/move", json=_way(bucket, path, bucket, to_path), headers=self._key)
        except Problem as problem:
            if problem.status != 404:
                raise
            return False
        return True

    async def sign(self, bucket: str, paths: list[str], seconds: int) -> list[str | None]:
        """Addresses at which anybody reads these files for so long; None for one that is not there."""
        response = await self._send(
            f"object/sign/{bucket}", json={"paths": paths, "expiresIn": seconds}, headers=self._key
        )
        signed = [_Signed.model_validate(each) for each in response.json()]
        return [f"{self._url}{each.signedURL}" if each.signedURL else None for each in signed]

    async def _send(self, what: str, **request: Any) -> httpx.Response:
        """POST something with the service key. Raises Problem 404 for a file that is not there, else 503."""
        async with _asked(_LONG_SECONDS if "content" in request else _SECONDS):
            response = await supabase_client().post(f"{self._url}/{what}", **request)
        if not response.is_success:
            said = _said(response)
            raise (
                _nothing()
                if "404" in (said.statusCode, str(response.status_code))
                else _unavailable(f"{response.status_code} {said.statusCode} {said.message[:200]}")
            )
        return response

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


def _way(bucket: str, path: str, to_bucket: str, to_path: str) -> dict[str, Any]:
    return {"bucketId": bucket, "sourceKey": path, "destinationBucket": to_bucket, "destinationKey": to_path}


async def _pieces(file: Path) -> AsyncIterator[bytes]:
    with file.open("rb") as source:
        while piece := source.read(_PIECE):
            yield piece


@asynccontextmanager
async def _asked(seconds: float = _SECONDS) -> AsyncIterator[None]:
    """Around what is asked with the service key: not refused, and answered in time; else Problem 503."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except (httpx.HTTPError, TimeoutError) as failure:
        raise _unavailable(type(failure).__name__) from None
    except StorageApiError as refused:
        raise _unavailable(f"{refused.status} {refused.code} {refused.message[:200]}") from None


@cache
def storage() -> Storage:
    """The storage this process works with."""
    return Storage(settings())


def _said(response: httpx.Response) -> _Refusal:
    try:
        return _Refusal.model_validate_json(response.content)
    except ValidationError:
        return _Refusal()


def _problem(response: httpx.Response) -> Problem:
    """The answer to give when a person's file is not handed out."""
    said = _said(response)
    if response.status_code >= 500 and said.statusCode not in ("400", "403", "404"):
        return _unavailable(f"{response.status_code} {said.message}")
    # Not there, and not for this person: Storage does not tell one from the other, and neither do we.
    return _nothing()


def _nothing() -> Problem:
    return Problem(404, "not_found", "There is no such file.", "Upload it again.")


def _unavailable(said: str) -> Problem:
    logs.error("the storage does not do what was asked", said=said)
    return Problem(503, "unavailable", "The files cannot be reached just now.", "Try again in a minute.")
