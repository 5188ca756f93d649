"""What pages say: words out of the web's own dictionaries, dates and sums as the web writes them."""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from mail import wording
from mail.wording import Language
from mail.wording import language_of as language_of_locale
from starlette.requests import Request

HOME = wording.time_zone_of("Europe/Moscow")
"""By whose calendar days are told: nobody knows the reader's."""


@cache
def words(language: Language) -> dict[str, Any]:
    """Written from the web's dictionaries by web/src/i18n/publicPages.test.ts."""
    of_language: dict[str, Any] = json.loads(Path(__file__).with_name("words.json").read_text())[language]
    return of_language


def language_of(request: Request) -> Language:
    """What the address asks for (`?lang=en`), else by the rule of web/index.html: Russian, unless the browser
    reads English and not Russian.
    """
    if chosen := request.query_params.get("lang"):
        return language_of_locale(chosen)
    accepted = request.headers.get("accept-language", "")
    read = {each.strip()[:2].lower() for each in accepted.split(",")}
    return "en" if "en" in read and "ru" not in read else "ru"


def filled(phrase: str, language: Language, **values: object) -> str:
    """A phrase with what its places in braces stand for. Braces within the values are only braces."""
    return wording.no_breaks(wording.nested_quotes(phrase.format(**values), language), language)


def counted(forms: Sequence[str], number: int, language: Language, **values: object) -> str:
    """The form for so many, filled; `{count}` is the number."""
    several = forms if language == "ru" else forms[:2]
    noun = wording.count(number, *several).partition(wording.NO_BREAK)[2]
    return filled(noun, language, count=number, **values)


def date(moment: str, language: Language) -> str:
    """`12 марта 2027`."""
    return wording.date(moment, language, HOME)
