"""Every page of the router can be opened by scripts/screenshots.py."""

from __future__ import annotations

import contract
import visits


def test_every_address_with_something_in_it_is_filled_in() -> None:
    assert {page for page in contract.pages() if ":" in page} == set(visits.WANTED)
    assert set(visits.QUESTIONS) <= set(contract.pages())
