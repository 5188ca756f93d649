"""Joins pictures of a page into one, to be looked at side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from PIL.Image import Image

WIDTH = 1600
"""Of a sheet, in pixels."""
TALLEST = 2_200
"""How much of a long page is shown, in its own pixels."""
GAP = 16


def sheet(rows: Sequence[Sequence[Path]], out: Path) -> None:
    """One row below the other; all pictures at the same scale, so that the widest row fits."""
    from PIL import Image

    opened = [[_cut(path) for path in row] for row in rows]
    widest = max(sum(image.width for image in row) + GAP * (len(row) + 1) for row in opened)
    scale = min(1, WIDTH / widest)
    height = sum(max(image.height for image in row) + GAP for row in opened) + GAP
    whole = Image.new("RGB", (widest, height), "#8a8679")
    top = GAP
    for row in opened:
        left = GAP
        for image in row:
            whole.paste(image, (left, top))
            left += image.width + GAP
        top += max(image.height for image in row) + GAP
    size = (round(whole.width * scale), round(whole.height * scale))
    whole.resize(size, Image.Resampling.LANCZOS).quantize(256, dither=Image.Dither.NONE).save(out)


def _cut(path: Path) -> Image:
    from PIL import Image

    with Image.open(path) as image:
        return image.convert("RGB").crop((0, 0, image.width, min(image.height, TALLEST)))


def index(problems: Mapping[str, Sequence[str]]) -> str:
    """What was found, as Markdown."""
    lines = [f"# What a machine sees: {sum(map(len, problems.values()))}", ""]
    for name, found in problems.items():
        lines += [f"## {name}", *(f"- {line}" for line in found), ""]
    return "\n".join(lines)
