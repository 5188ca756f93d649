"""The test cards of ЮKassa's documentation and what each of them does.

Any future expiry, any CVC and any 3-D Secure code will do. Only these numbers are taken: a simulator must
never hold a real card.
"""

from __future__ import annotations

from dataclasses import dataclass

from .store import Json

DEFAULT_EXPIRY = "2035-12"


def expiry_of_payer(number: int) -> str:
    """The expiry of the card that the payer whose first payment was `number` has, when none is typed: the test cards are
    few, and people's are their own, so that a shop can tell them apart. YYYY-MM, another one for each of 768 payments."""
    year, month = divmod(2035 * 12 + 11 + number % 768, 12)
    return f"{year}-{month + 1:02}"


@dataclass(frozen=True)
class Card:
    number: str
    system: str
    """As shown in payment_method.card.card_type."""
    three_d_secure: bool = False
    reason: str | None = None
    """Why the first payment is declined; None: it succeeds."""
    party: str = "payment_network"
    autopay_reason: str | None = None
    """Why later charges of the saved card are declined."""
    country: str = "RU"

    @property
    def title(self) -> str:
        return f"Bank card *{self.number[-4:]}"

    def shown(self, expiry: str = DEFAULT_EXPIRY) -> Json:
        """payment_method.card; `expiry` is YYYY-MM."""
        year, _, month = expiry.partition("-")
        return {
            "first6": self.number[:6],
            "last4": self.number[-4:],
            "expiry_year": year,
            "expiry_month": month,
            "card_type": self.system,
            "issuer_country": self.country,
            "issuer_name": "Sberbank",
        }


_SUCCEED = [
    Card("5555555555554444", "MasterCard"),
    Card("5555555555554477", "MasterCard", three_d_secure=True),
    Card("4111111111111111", "Visa"),
    Card("4793128161644804", "Visa", three_d_secure=True),
    Card("2202474301322987", "Mir"),
    Card("2200000000000004", "Mir", three_d_secure=True),
    Card("6759649826438453", "MasterCard"),  # Maestro
    Card("4175001000000017", "Visa"),  # Visa Electron
    Card("370000000000002", "AmericanExpress"),
    Card("3528000700000000", "JCB"),
    Card("36700102000000", "DinersClub"),
    # Succeeds once, its later charges do not: reported by others, unconfirmed by the documentation.
    Card("5555555555554642", "MasterCard", autopay_reason="insufficient_funds"),
]

# reason: (MasterCard, Visa, Mir)
_DECLINED_BY_NETWORK = {
    "3d_secure_failed": ("5555555555554592", "4839665499603842", "2200000000000012"),
    "call_issuer": ("5555555555554535", "4926946416239025", "2200000000000020"),
    "card_expired": ("5555555555554543", "4141435412630840", "2200000000000038"),
    "fraud_suspected": ("5555555555554568", "4483274282299972", "2200000000000046"),
    "general_decline": ("5555555555554527", "4889971706588753", "2202202212312379"),
    "insufficient_funds": ("5555555555554600", "4562265587712390", "2200000000000053"),
    "invalid_card_number": ("5555555555554618", "4951017853630544", "2201382000000013"),
    "invalid_csc": ("5555555555554626", "4194180666146368", "2200770212727079"),
    "issuer_unavailable": ("5555555555554501", "4654130848359150", "2201382000000021"),
    "payment_method_limit_exceeded": ("5555555555554576", "4565231022577548", "2201382000000039"),
    "payment_method_restricted": ("5555555555554550", "4233961169071671", "2201382000000047"),
}
_DECLINED_BY_YOOMONEY = {
    "country_forbidden": ("5555555555554584", "4969751510013864", "2201382000000054"),
    "fraud_suspected": ("5555555555554634", "4119098878796485", "2201696981989955"),
}


def _declined(table: dict[str, tuple[str, str, str]], party: str) -> list[Card]:
    return [
        Card(
            number,
            system,
            # The card that fails 3-D Secure has to be asked for it first.
            three_d_secure=reason == "3d_secure_failed",
            reason=reason,
            party=party,
            country="US" if reason == "country_forbidden" else "RU",
        )
        for reason, numbers in table.items()
        for number, system in zip(numbers, ("MasterCard", "Visa", "Mir"), strict=True)
    ]


CARDS: dict[str, Card] = {
    card.number: card
    for card in [
        *_SUCCEED,
        *_declined(_DECLINED_BY_NETWORK, "payment_network"),
        *_declined(_DECLINED_BY_YOOMONEY, "yoo_money"),
    ]
}

DEFAULT_CARD = "5555555555554444"


def luhn(number: str) -> bool:
    """Whether the number's check digit is right."""
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
