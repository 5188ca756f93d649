"""story_withdrawal: each minute, the files of stories that buyers do not see any more get another name.

An address that was signed before, and is good for an hour, is dead from then on.
"""

import asyncio
from datetime import datetime
from typing import Any

from core import jobs, logs
from core.database import database
from core.http import Problem
from starlette.requests import Request
from starlette.responses import Response

from stories.public_files import move

_AT_ONCE = 100
_SECONDS = 50
"""How long one run may take. What is left then is moved by the next."""


async def answer(request: Request) -> Response:
    """→ `{as_of, moved, failed}`: of how many media."""
    return await jobs.run(request, "story_withdrawal", withdraw)


async def withdraw(_as_of: datetime | None) -> dict[str, Any]:
    """Move what is to be moved, each alone: one that fails holds up none."""
    moved = failed = 0
    clock = asyncio.get_running_loop().time
    until = clock() + _SECONDS
    while clock() < until and not failed:
        waiting = await database().call("story_files_to_move", max_items=_AT_ONCE)
        if not waiting:
            break
        for each in waiting:
            try:
                is_moved = await move(each)
            except Problem as problem:
                logs.warning("the files of a story cannot be moved", media=each["media_id"], why=problem.code)
                is_moved = False
            moved += is_moved
            failed += not is_moved
    return {"moved": moved, "failed": failed}
