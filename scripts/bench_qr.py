"""Drawing codes, beside the package qrcode (PilImage with a pasted logo, SvgPathImage) and segno: each in a process of its
own, in turn.

Judged is the processor's time, medians of seven rounds. What each of them drew is decoded, so that none wins by drawing
something else; and our modules are compared with qrcode's, bit by bit.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import random
import statistics
import string
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from bars import Bars
from bootstrap import ROOT

ADDRESS = "https://chestno.example/functions/v1/q/ABCDEFGHJK?from=label"
"""Sixty characters: at correction H a code of 45 modules."""
INPUTS = 400
FUNCTIONS = ROOT / "functions"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=7)


def run(rounds: int) -> int:
    sys.path.insert(0, str(FUNCTIONS))
    bars = Bars()
    same = sum(_is_the_same(random.Random(i)) for i in range(INPUTS))  # noqa: S311 - a test's input
    bars.bar(same == INPUTS, f"modules of {INPUTS} random texts bit for bit qrcode's: {same}")
    drawn: dict[str, list[dict[str, Any]]] = {
        way: [] for way in ("ours_png", "qrcode_png", "ours_svg", "qrcode_svg", "segno_svg")
    }
    for _ in range(rounds):
        for way, results in drawn.items():
            results.append(_draw(way))
    found = {way: _middle(results) for way, results in drawn.items()}
    for way, result in found.items():
        print(f"  {way:<10}  {result.version:<6}  {result.milliseconds:7.2f} ms  {result.bytes:7,} bytes")
    for ours, rival, times in (
        ("ours_png", "qrcode_png", 14),
        ("ours_svg", "qrcode_svg", 6),
        ("ours_svg", "segno_svg", 3),
    ):
        ratio = found[rival].milliseconds / found[ours].milliseconds
        bars.bar(
            ratio >= times,
            f"{ours} {ratio:.1f} times as fast as {rival} ({found[rival].version}); bar {times}",
        )
    bars.bar(all(result.is_read for result in found.values()), "every drawing is read")
    return bars.verdict()


@dataclass(frozen=True)
class Drawn:
    """What one way makes of the address."""

    version: str
    milliseconds: float
    bytes: int
    is_read: bool


def _draw(way: str) -> dict[str, Any]:
    """One process, and what it says."""
    command: list[str | Path] = [sys.executable, ROOT / "scripts" / "draw_qr.py", way, ADDRESS, "20"]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(FUNCTIONS)}
    said: dict[str, Any] = json.loads(
        subprocess.run(command, env=environment, check=True, capture_output=True).stdout
    )
    return said


def _middle(results: Sequence[dict[str, Any]]) -> Drawn:
    first = results[0]
    drawing = base64.b64decode(first["drawing"])
    return Drawn(
        first["version"],
        statistics.median(result["milliseconds"] for result in results),
        first["bytes"],
        _is_read(drawing),
    )


def _is_read(drawing: bytes) -> bool:
    """Whether both decoders read the address from it."""
    import numpy as np
    from browser import chromium
    from PIL import Image
    from qr.reading import DECODERS

    if not drawing.startswith(b"\x89PNG"):
        with chromium() as browser:
            page = browser.new_page(viewport={"width": 800, "height": 800})
            address = f"data:image/svg+xml;base64,{base64.b64encode(drawing).decode()}"
            page.set_content(f"<body style='margin:0;background:#fff'><img width=800 src='{address}'>")
            page.locator("img").evaluate("image => image.decode()")
            drawing = page.screenshot()
    with Image.open(BytesIO(drawing)) as image:
        picture = np.asarray(image.convert("L"))
    return all(read(picture) == {ADDRESS} for read in DECODERS.values())


def _is_the_same(chosen: random.Random) -> bool:
    """Whether a random text's modules are qrcode's own."""
    import qrcode
    from qr.matrix import matrix

    letters = chosen.choice(
        (string.digits, string.ascii_uppercase + string.digits + " $%*+-./:", string.printable + "ёжЩ")
    )
    text = "".join(chosen.choice(letters) for _ in range(chosen.randint(5, 220)))
    correction = chosen.choice("LMQH")
    theirs = qrcode.QRCode(
        error_correction=getattr(qrcode.constants, f"ERROR_CORRECT_{correction}"), border=0
    )
    theirs.add_data(text)
    return bool(matrix(text, correction).modules.tolist() == theirs.get_matrix())
