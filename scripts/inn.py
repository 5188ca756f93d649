"""Taxpayer numbers (ИНН) for people and organizations that do not exist. Standard library only."""

from __future__ import annotations

import secrets

_WEIGHTS = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)


def random_inn(digits: int = 10) -> str:
    """A random INN whose check digits are right: 10 digits for a company, 12 for a person.

    The number may be somebody's: use it only where nobody looks it up.
    """
    if digits not in (10, 12):
        raise ValueError("an INN has 10 or 12 digits")
    check_digits = 1 if digits == 10 else 2
    number = f"{1 + secrets.randbelow(92):02}"  # the region, 01 to 92
    number += "".join(str(secrets.randbelow(10)) for _ in range(digits - 2 - check_digits))
    for _ in range(check_digits):
        number += check_digit(number)
    return number


def check_digit(number: str) -> str:
    """The check digit that follows these 9, 10 or 11 digits."""
    weights = _WEIGHTS[-len(number) :]
    return str(sum(weight * int(digit) for weight, digit in zip(weights, number, strict=True)) % 11 % 10)
