"""Taxpayer numbers (ИНН) for people and organizations that do not exist."""

from __future__ import annotations

import secrets


def random_inn(digits: int = 10) -> str:
    """A random INN whose check digits are right: 10 digits for a company, 12 for a person.

    The number may be somebody's: use it only where nobody looks it up.
    """
    from stdnum.ru import inn  # here, because a script is read before it is inside .venv

    if digits not in (10, 12):
        raise ValueError("an INN has 10 or 12 digits")
    number = f"{1 + secrets.randbelow(92):02}"  # the region, 01 to 92
    number += "".join(str(secrets.randbelow(10)) for _ in range(7 if digits == 10 else 8))
    check = inn.calc_company_check_digit if digits == 10 else inn.calc_personal_check_digits
    return number + check(number)
