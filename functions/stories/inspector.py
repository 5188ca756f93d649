"""Looks into one film or picture of a story, in a process of its own: `python -I inspector.py video|image <size> <folder>`.

It has the file's bytes only by asking for them: a line `{"offset": 0, "length": 1024}` goes out, so many bytes come in. The
last line is what it found, as `Finding` of inspection.py says. What is made for the public is written into the folder.

A file that cannot be read is damaged. Only a process that cannot begin (a library is missing) has no verdict.
"""

import contextlib
import json
import os
import sys
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

sys.path.insert(
    0, str(Path(__file__).resolve().parent.parent)
)  # alone, Python looks for modules nowhere near

from stories.source import Pipe, Source, Unfit

_MEMORY_BYTES = 1024 * 1024 * 1024
"""Of addresses: the libraries are a third of them."""
_CPU_SECONDS = 30


def limit_ourselves(size: int) -> None:
    """Memory, time and disk run out here, not in the process that serves everybody. Not every system has such limits."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        written = size + size // 4 + 16 * 1024 * 1024
        for what, most in (
            (resource.RLIMIT_AS, _MEMORY_BYTES),
            (resource.RLIMIT_CPU, _CPU_SECONDS),
            (resource.RLIMIT_FSIZE, written),
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_NOFILE, 64),
        ):
            resource.setrlimit(what, (most, most))


def looker(kind: str) -> Callable[[Source, Path, dict[str, Any]], None]:
    """What finds out what it is, and makes what the public gets. It raises Unfit; this, whatever is wrong with us."""
    if kind == "image":
        from stories.image import look_at_image

        return look_at_image
    from stories.video import look_at_video

    return look_at_video


def peak_memory() -> int:
    """Bytes this process held at most. Not ru_maxrss, in which the parent counts as it was when we were started."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) * 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def own_pipes() -> tuple[BinaryIO, BinaryIO]:
    """The way out and the way in. Nothing else that prints will be mistaken for a question."""
    questions, answers = os.fdopen(os.dup(1), "wb"), os.fdopen(os.dup(0), "rb")
    os.dup2(2, 1)
    return questions, answers


def main() -> None:
    kind, size, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    questions, answers = own_pipes()
    limit_ourselves(size)
    warnings.simplefilter("ignore")
    found: dict[str, Any] = {}
    look_at = looker(kind)
    try:
        look_at(Source(size, Pipe(questions, answers)), folder, found)
    except Unfit as unfit:
        found["problems"] = [str(unfit)]
    except MemoryError:
        found["problems"] = ["damaged"]
    except Exception:
        traceback.print_exc()  # for our log: it is the file's fault, and may show us a way to read it
        found["problems"] = ["damaged"]
    if found.get("problems"):
        found |= {"files": [], "is_public_as_it_is": False}
    found["peak_memory"] = peak_memory()
    questions.write(json.dumps(found).encode() + b"\n")
    questions.flush()


if __name__ == "__main__":
    main()
