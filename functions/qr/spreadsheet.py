"""Tables as people save them from a spreadsheet, and as they open them in one.

No library guesses the encoding: for two Russian words in cp1251 the best of them say Johab. What is neither UTF-8, nor
UTF-16 with its mark, nor certainly cp1251 is not read at all.
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

MOST_ROWS = 10_000

# Letters and signs that stand in cp1251 where cp866, Mac Cyrillic and UTF-8 have others, and in places where no Russian
# text has them: «Њс¤» is «Мёд» in cp866, «РњС‘Рґ» in UTF-8.
_NOT_CP1251 = re.compile(
    "[\x98\xad\xa4\xa6\xac\xb5ЂЃѓЉЊЌЋЏђљњќћџЈјЅѕ‚†‡‰‹›]"
    "|[а-яё](?:[ЁЄЇЎҐ]|Я(?![а-яёА-ЯЁ]))"
    "|[^\\W\\d_][®©§«ў°±¶][а-яё]"
    "|(?<![а-яёА-ЯЁ])[–—…†€•™’”“‘][а-яё]"
)
_QUOTED_WORD = re.compile("[“‘]([^”’“‘\n]{1,80})[”’“]|„([^“”\n]{1,80})[“”]")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet take a text for a formula.
Source: https://owasp.org/www-community/attacks/CSV_Injection
"""


class Unreadable(Exception):
    """Why a file as a whole cannot be read: a field code."""


@dataclass
class Fault:
    """What is wrong: the row as the spreadsheet shows it (the header is 1; None: the file as a whole), and the column."""

    row: int | None
    column: str | None
    code: str


@dataclass
class Table:
    """A file, read: its rows by column, with their numbers, or what keeps it from being read."""

    encoding: str
    delimiter: str
    columns: list[str] = field(default_factory=list)
    rows: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def decoded(content: bytes) -> tuple[str, str]:
    """The text of a file, and its encoding: utf-8, utf-16 or cp1251. Raises Unreadable `encoding`."""
    try:
        if content.startswith((b"\xff\xfe", b"\xfe\xff")):
            text, encoding = content.decode("utf-16"), "utf-16"
        else:
            text, encoding = content.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        try:
            text, encoding = content.decode("cp1251"), "cp1251"
        except UnicodeDecodeError:
            raise Unreadable("encoding") from None
        if _NOT_CP1251.search(_QUOTED_WORD.sub(r" \1\2 ", text)):
            raise Unreadable("encoding") from None
    if "\0" in text:
        raise Unreadable("encoding")
    return text, encoding


def read(content: bytes) -> Table:
    """A table from a file; its columns are in small letters. Raises Unreadable `encoding`."""
    text, encoding = decoded(content)
    said = re.match(r'"?sep=([,;\t])"?\r?\n', text)  # a line for the spreadsheet, which does not show it
    if said:
        text = text[said.end() :]
    table = Table(encoding, said[1] if said else _delimiter(text))
    number = 0
    try:
        for number, cells in enumerate(_records(text, table.delimiter), start=1):
            cells = [unguarded(cell.strip()) for cell in cells]
            if number == 1:
                while cells and not cells[-1]:
                    cells.pop()
                table.columns = [cell.lower() for cell in cells]
            elif any(cells):
                if any(cells[len(table.columns) :]):
                    table.faults.append(Fault(number, None, "unknown_field"))
                table.rows.append((number, dict(zip(table.columns, cells, strict=False))))
                if len(table.rows) > MOST_ROWS:
                    table.faults = [Fault(None, None, "too_many_rows")]
                    break
    except csv.Error:
        table.faults = [Fault(number + 1, None, "unclosed_quote")]
    return table


def _records(text: str, delimiter: str) -> Iterator[list[str]]:
    return iter(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))


def _delimiter(text: str) -> str:
    """What parts the columns of the first line."""
    header = re.sub(r'"[^"]*"', "", text.lstrip("\r\n").partition("\n")[0])
    return max(";\t,", key=header.count) if any(sign in header for sign in ",;\t") else ","


def guarded(cell: str) -> str:
    """A text as it may stand in a table of ours: no spreadsheet takes it for a formula. `unguarded` is the way back."""
    return f"'{cell}" if cell.startswith((*_FORMULA, "'")) else cell


def unguarded(cell: str) -> str:
    """A text without the guard that `guarded` gave it."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith((*_FORMULA, "'")) else cell
