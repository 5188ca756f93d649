"""How e-mails and pages write dates, money and counts, in the reader's language and the organization's time zone.

`12 марта 2027`, `1 490 ₽`, «1 день, 2 дня, 5 дней»: as the web writes them (web/src/i18n/format.ts).
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

Language = Literal["ru", "en"]

NO_BREAK = "\u00a0"
_HOME = ZoneInfo("Europe/Moscow")
_SIGNS = {"RUB": "₽"}
_QUOTES: dict[Language, tuple[str, str, str, str]] = {"ru": ("«", "»", "„", "“"), "en": ("“", "”", "‘", "’")}
_CLOSING = {"«": "»", "“": "”", "„": "“”"}
# fmt: off
_MONTHS = {
    "ru": ["января", "февраля", "марта", "апреля", "мая", "июня",
           "июля", "августа", "сентября", "октября", "ноября", "декабря"],
    "en": ["January", "February", "March", "April", "May", "June",
           "July", "August", "September", "October", "November", "December"],
}
# fmt: on


@cache
def words(language: Language) -> dict[str, Any]:
    """Words for codes: the same file that the web reads."""
    of_language: dict[str, Any] = json.loads(Path(__file__).with_name("words.json").read_text())[language]
    return of_language


def language_of(locale: str) -> Language:
    """The language of ours for a reader's locale: `en-GB` reads English, whoever else Russian."""
    return "en" if locale.lower().startswith("en") else "ru"


def time_zone_of(name: str) -> ZoneInfo:
    """The time zone of that name; Moscow's when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return _HOME


def date(moment: str, language: Language, time_zone: ZoneInfo) -> str:
    """The day of a moment (ISO 8601 with an offset): `12 марта 2027`."""
    local = _local(moment, time_zone)
    return f"{local.day}{NO_BREAK}{_MONTHS[language][local.month - 1]} {local.year}"


def date_and_time(moment: str, language: Language, time_zone: ZoneInfo) -> str:
    """`12 марта 2027, 14:05 (UTC+3)`: an e-mail has no hover to say whose time it is."""
    local = _local(moment, time_zone)
    sign, hours, minutes = f"{local:%z}"[0], int(f"{local:%z}"[1:3]), f"{local:%z}"[3:5]
    zone = f"UTC{sign.replace('-', '−')}{hours}{f':{minutes}' if minutes != '00' else ''}"
    return f"{date(moment, language, time_zone)}, {local:%H:%M} ({zone})"


def days_until(moment: str, now: datetime, time_zone: ZoneInfo) -> int:
    """Midnights between now and a moment, by that calendar; below zero when it has passed."""
    return (_local(moment, time_zone).date() - now.astimezone(time_zone).date()).days


def _local(moment: str, time_zone: ZoneInfo) -> datetime:
    """The moment there; at the end of the calendar, where the zone's own would be after it, in UTC."""
    given = datetime.fromisoformat(moment)
    try:
        return given.astimezone(time_zone)
    except OverflowError:
        return given


def money(amount: str, language: Language, currency: str = "RUB") -> str:
    """`"1490.00"` → `1 490 ₽` in Russian, `₽1,490` in English; kopecks only where there are some."""
    value = Decimal(amount)
    written = f"{value:,.0f}" if value == value.to_integral_value() else f"{value:,.2f}"
    sign = _SIGNS.get(currency, currency)
    if language == "en":
        return f"{sign}{written}"
    return f"{written.replace(',', NO_BREAK).replace('.', ',')}{NO_BREAK}{sign}"


def count(number: int, *forms: str) -> str:
    """The number and its noun: `count(2, "день", "дня", "дней")`, or two forms for English."""
    if len(forms) == 2:
        form = forms[0] if abs(number) == 1 else forms[1]
    else:
        ones, tens = abs(number) % 10, abs(number) % 100 // 10
        form = forms[0] if ones == 1 and tens != 1 else forms[1] if 2 <= ones <= 4 and tens != 1 else forms[2]
    return f"{number}{NO_BREAK}{form}"


def card(card: Mapping[str, str | None], language: Language) -> str:
    """«Visa ·· 4444», as web/src/pages/billing/cards.ts; a wallet by ЮKassa's own title."""
    names = words(language)["card"]
    brand, last4 = card["brand"], card["last4"]
    if not last4:
        return card["title"] or str(names["other"])
    return f"{names.get(brand, brand) if brand else names['other']}{NO_BREAK}··{NO_BREAK}{last4}"


def listed(items: Sequence[str], language: Language) -> str:
    """«C, B и A»."""
    *first, last = items
    return f"{', '.join(first)} {'и' if language == 'ru' else 'and'} {last}" if first else last


def quoted(text: str, language: Language) -> str:
    """A quotation, to stand inside a sentence."""
    opening, closing, *_ = _QUOTES[language]
    return nested_quotes(f"{opening}{text}{closing}", language)


def nested_quotes(text: str, language: Language) -> str:
    """Marks inside the language's own are of the second kind, whatever a name brings along: «Пасека „Медовый край“».

    Unpaired ones stay, and so does a name that is not quoted. As web/src/i18n/quotes.ts.
    """
    opening, _, inner_opening, inner_closing = _QUOTES[language]
    opened: list[str] = []
    nested = ""
    for sign in text:
        is_closing = bool(opened) and sign in _CLOSING[opened[-1]]
        is_opening = not is_closing and sign in _CLOSING
        if is_opening:
            opened.append(sign)
        is_inner = len(opened) > 1 and opened[0] == opening
        nested += (
            inner_opening if is_inner and is_opening else inner_closing if is_inner and is_closing else sign
        )
        if is_closing:
            opened.pop()
        elif sign in "»”":
            return text
    return text if opened else nested


def no_breaks(text: str, language: Language) -> str:
    """The text so that no line begins with a dash, and in Russian none ends between a number and its noun (`№ 5`).

    Tags are left as they are. As web/src/i18n/typeset.ts.
    """
    spaces = r" (?=[—–] )" + (r"|(?<=\d) (?=[^\W\d_]|[₽%])|(?<=№) (?=\S)" if language == "ru" else "")
    return re.sub(f"<[^>]*>|{spaces}", lambda found: NO_BREAK if found[0] == " " else found[0], text)


def one_line(text: str) -> str:
    """The text as one line that breaks nothing: no line ends, no control characters, no changes of direction."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
