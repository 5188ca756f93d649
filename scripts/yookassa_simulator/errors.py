"""Refusals of the API as ЮKassa words them.

{"type": "error", "id", "code", "description", "parameter"?, "retry_after"?}
"""

from __future__ import annotations

import uuid

from .store import Json

CODES = {
    400: "invalid_request",
    401: "invalid_credentials",
    403: "forbidden",
    404: "not_found",
    429: "too_many_requests",
    500: "internal_server_error",
}

CREDENTIALS = (
    "Error in shopId or secret key. Check their validity. You can reissue the key in the Merchant Profile"
)
NO_RECURRING = "This store can't make recurring payments. Contact the YooMoney manager to learn more"
NO_PAYMENT = "Incorrect payment_id. Payment doesn't exist or access denied."
NO_METHOD = "This payment_method_id doesn't exist. Specify the id of the saved payment_method"
METHOD_UNAVAILABLE = "Payment method is not available"
NO_RECEIPT = "Receipt is missing or illegal"


class Refusal(Exception):
    """An answer other than 200. `retry_after` is in milliseconds."""

    def __init__(
        self, status: int, description: str, parameter: str | None = None, retry_after: int | None = None
    ) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameter = parameter
        self.retry_after = retry_after

    def body(self) -> Json:
        body: Json = {
            "type": "error",
            "id": str(uuid.uuid4()),
            "code": CODES[self.status],
            "description": self.description,
        }
        if self.parameter is not None:
            body["parameter"] = self.parameter
        if self.retry_after is not None:
            body["retry_after"] = self.retry_after
        return body


def invalid(description: str, parameter: str | None = None) -> Refusal:
    return Refusal(400, description, parameter)
