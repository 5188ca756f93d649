"""Headers of a message, encoded here: Python's own folding loses spaces between encoded words and makes them too long.

Text that is not plain ASCII becomes encoded words as a whole, spaces and all, of at most 75 characters, cut between
characters. Source: https://www.rfc-editor.org/rfc/rfc2047#section-2
"""

from base64 import b64encode
from collections.abc import Iterator
from email.utils import formataddr, parseaddr

_LONGEST_WORD, _LONGEST_LINE = 75, 76
_HEAD, _TAIL = "=?utf-8?b?", "?="
_CONTINUED = "\r\n "


def text(name: str, value: str) -> bytes:
    """A header of one line of text; decoded, it is what was given."""
    used = len(name) + 2
    is_plain = (
        value.isascii()
        and value.isprintable()
        and value == value.strip()
        and "=?" not in value  # it would be taken for an encoded word
        and used + len(value) <= _LONGEST_LINE
    )
    return _header(name, value if is_plain else _encoded(value, used))


def sender(name: str, value: str) -> bytes:
    """A header with an address of ours, `Name <address>` or bare."""
    person, address = parseaddr(value)
    if not person or person.isascii():
        return _header(name, formataddr((person, address)))
    words = _encoded(person, len(name) + 2)
    last = len(words) - (words.rfind(_CONTINUED) + 1)
    gap = " " if last + len(address) + 3 <= _LONGEST_LINE else _CONTINUED
    return _header(name, f"{words}{gap}<{address}>")


def plain(name: str, value: str) -> bytes:
    """A header that we write ourselves, in ASCII. Raises ValueError for anything that is not."""
    if not value.isprintable():
        raise ValueError(f"{name} holds what is no text")
    return _header(name, value)


def _header(name: str, value: str) -> bytes:
    return f"{name}: {value}\r\n".encode("ascii")


def _encoded(value: str, used: int) -> str:
    """The value in encoded words, a line each; `used` characters of the first line are taken."""
    return _CONTINUED.join(f"{_HEAD}{b64encode(piece).decode()}{_TAIL}" for piece in _pieces(value, used))


def _pieces(value: str, used: int) -> Iterator[bytes]:
    """The value in UTF-8, cut between characters so that each piece fits an encoded word."""
    room = _room(_LONGEST_LINE - used)
    piece = b""
    for sign in value:
        more = sign.encode()
        if len(piece) + len(more) > room:
            yield piece
            piece, room = b"", _room(_LONGEST_WORD)
        piece += more
    yield piece


def _room(characters: int) -> int:
    """How many bytes an encoded word of so many characters holds."""
    return (characters - len(_HEAD) - len(_TAIL)) // 4 * 3
