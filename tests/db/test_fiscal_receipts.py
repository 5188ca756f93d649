"""Fiscal receipts (sql/46_fiscal_receipts): what is asked for and how long, what is kept of an answer, and who reads it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from kit.db import DbEnv, Row, payment_of, receipt_of
from kit.refused import Refused

NOW = datetime.now(UTC)
REGISTERED = {"receipt_registration": "succeeded"}


def paid(db: DbEnv, **changes: Any) -> Row:
    checkout = db.checkout("subscription")
    db.record(payment_of(checkout, "succeeded", **REGISTERED | changes))
    return checkout


def refunded(db: DbEnv, checkout: Row, registration: str = "succeeded") -> Row:
    """A refund in part that ЮKassa has made; as ЮKassa has it, with our id beside."""
    started = db.rpc(
        "moderator", "start_refund", transaction_id=checkout["transaction_id"], amount=490, reason="Часть"
    )
    refund = {
        "id": f"re-{started['refund_id']}", "payment_id": payment_of(checkout)["id"], "status": "succeeded",
        "amount": {"value": "490.00", "currency": "RUB"}, "metadata": {"refund_id": started["refund_id"]},
        "receipt_registration": registration,
    }  # fmt: skip
    db.service("record_refund", refund=refund, source="sweep")
    return refund | {"refund_id": started["refund_id"]}


def return_of(checkout: Row, refund: Row | None = None, **changes: Any) -> Row:
    """The return of income: of a refund, or of a payment itself."""
    more = {"refund_id": refund["id"]} if refund else {}
    settlements = [{"type": "cashless", "amount": refund["amount"]}] if refund else None
    return (
        receipt_of(checkout, type="refund", **more, **({"settlements": settlements} if settlements else {}))
        | changes
    )


def due(db: DbEnv, minutes: float = 1, max_items: int = 100) -> list[Row]:
    claim = db.service("claim_payment_sweep", as_of=NOW + timedelta(minutes=minutes), max_items=max_items)
    receipts: list[Row] = claim["receipts"]
    return receipts


def tell(db: DbEnv, checkout: Row, *receipts: Row, refund: Row | None = None) -> tuple[str, int]:
    answer = db.service(
        "record_receipts", transaction_id=checkout["transaction_id"],
        refund_id=refund["refund_id"] if refund else None, receipts=list(receipts) or "[]",
    )  # fmt: skip
    return answer["outcome"], answer["recorded"]


def kept(db: DbEnv) -> list[Row]:
    return db.rows("select * from fiscal_receipts order by registered_at, id")


def waiting(db: DbEnv) -> int:
    return int(db.one("select count(*) from private.receipts_due")["count"])


def stuck(db: DbEnv) -> list[Row]:
    return db.rows(
        "select object_id, detail from payment_differences where kind = 'receipt_stuck' and resolved_at is null"
    )


# What is due


def test_what_is_registered_is_asked_for_and_then_left_alone(db: DbEnv) -> None:
    checkout = paid(db)
    assert due(db) == [
        {
            "transaction_id": checkout["transaction_id"], "refund_id": None,
            "yookassa_payment_id": payment_of(checkout)["id"], "yookassa_refund_id": None,
        }
    ]  # fmt: skip
    receipt = receipt_of(checkout)
    assert tell(db, checkout, receipt) == ("complete", 1)
    assert waiting(db) == 0
    (row,) = kept(db)
    assert (row["kind"], str(row["amount"]), row["refund_id"]) == ("payment", "1490.00", None)
    assert [row[name] for name in ("fiscal_storage_number", "fiscal_document_number", "fiscal_attribute")] == [
        "9288000100115785", "3986", "2617603921",
    ]  # fmt: skip
    assert row["registered_at"] == datetime(2026, 11, 20, 9, 56, tzinfo=UTC)
    assert due(db, minutes=24 * 60) == []


@pytest.mark.parametrize("registration", [None, "pending", "canceled"])
def test_what_is_not_registered_is_not_asked_for(db: DbEnv, registration: str | None) -> None:
    checkout = paid(db, receipt_registration=registration)
    assert waiting(db) == 0
    db.record(payment_of(checkout, "succeeded", **REGISTERED))
    assert waiting(db) == 1, "and once it is, it is"


def test_where_receipts_are_off_there_is_nothing_to_do(db: DbEnv) -> None:
    db.start_trial()
    checkout = db.checkout("subscription")
    db.record(payment_of(checkout, "succeeded"))
    assert (waiting(db), due(db, minutes=24 * 60)) == (0, [])


def test_a_payment_that_is_put_aside_has_its_receipt_as_well(db: DbEnv) -> None:
    month, year = db.checkout("subscription", "a_month"), db.checkout("subscription", "a_year")
    db.record(payment_of(month, "succeeded"))
    pending = payment_of(year, "succeeded", receipt_registration="pending")
    assert db.record(pending)["outcome"] == "quarantined"
    for _ in range(2):
        assert db.record(pending | REGISTERED)["outcome"] == "quarantined"
    row = db.one("select * from payment_transactions where id = %s", year["transaction_id"])
    assert (row["receipt_registration"], row["next_check_at"], str(row["paid_amount"])) == (
        "succeeded",
        None,
        "14900.00",
    )
    assert [item["transaction_id"] for item in due(db)] == [year["transaction_id"]]


def test_a_refund_is_asked_for_by_itself(db: DbEnv) -> None:
    checkout = paid(db)
    refund = refunded(db, checkout, "pending")
    assert [item["refund_id"] for item in due(db)] == [None]
    db.service("record_refund", refund=refund | REGISTERED, source="sweep")
    (item,) = [item for item in due(db, minutes=1.5) if item["refund_id"]]
    assert (item["refund_id"], item["yookassa_refund_id"]) == (refund["refund_id"], refund["id"])
    assert tell(db, checkout, return_of(checkout, refund), refund=refund) == ("complete", 1)
    (row,) = kept(db)
    assert (row["kind"], str(row["amount"]), str(row["refund_id"])) == (
        "refund",
        "490.00",
        refund["refund_id"],
    )
    assert waiting(db) == 1, "the payment's own"


def test_what_is_handed_out_is_put_off_each_time_for_longer(db: DbEnv) -> None:
    paid(db)
    assert len(due(db)) == 1
    assert due(db, minutes=1.5) == []
    assert len(due(db, minutes=2.5)) == 1
    assert due(db, minutes=5) == []
    assert len(due(db, minutes=6)) == 1


def test_a_sweep_takes_few_of_them(db: DbEnv) -> None:
    checkout = paid(db)
    db.run(
        "insert into payment_transactions (organization_id, plan_id, kind, amount, status, yookassa_payment_id, idempotence_key, request_body, receipt_registration)"
        " select organization_id, plan_id, 'card_check', 1, 'canceled', 'p' || n, 'k' || n, '{}', 'succeeded'"
        " from payment_transactions, generate_series(1, 30) as n where id = %s",
        checkout["transaction_id"],
    )
    assert [len(due(db, minutes=1, max_items=5)), len(due(db)), len(due(db)), len(due(db))] == [5, 20, 6, 0]


def test_who_asks_again_and_again_in_vain_tells_a_person_and_stops(db: DbEnv) -> None:
    checkout = paid(db)
    refund = refunded(db, checkout)
    hours = 0
    while found := due(db, minutes=1 + 60 * hours):
        assert len(found) == 2
        assert stuck(db) == []
        hours += 1
    assert 60 < hours < 80, "about three days"
    assert {row["object_id"]: row["detail"] for row in stuck(db)} == {
        payment_of(checkout)["id"]: REGISTERED | {"transaction_id": checkout["transaction_id"], "receipts_found": 0},
        refund["id"]: REGISTERED | {
            "transaction_id": checkout["transaction_id"], "refund_id": refund["refund_id"], "receipts_found": 0},
    }  # fmt: skip
    assert waiting(db) == 0
    # Somebody looks into it, and asks ЮKassa anew.
    db.record(payment_of(checkout, "succeeded", **REGISTERED), "admin")
    assert len(due(db, minutes=1 + 60 * hours)) == 2
    assert tell(db, checkout, receipt_of(checkout)) == ("complete", 1)
    assert tell(db, checkout, return_of(checkout, refund), refund=refund) == ("complete", 1)


# What is kept of an answer


def test_the_same_answer_again_changes_nothing(db: DbEnv) -> None:
    checkout = paid(db)
    receipt = receipt_of(checkout)
    assert tell(db, checkout, receipt, receipt) == ("complete", 1)
    before = kept(db)
    later = receipt | {"status": "pending"}
    for again in (receipt, later, receipt | {"fiscal_document_number": "1"}):
        tell(db, checkout, again)
    assert kept(db) == before


def test_what_is_on_its_way_is_awaited_beside_what_is_there(db: DbEnv) -> None:
    checkout = paid(db)
    first, second = receipt_of(checkout), receipt_of(checkout, status="pending")
    assert tell(db, checkout) == ("awaited", 0)
    assert tell(db, checkout, second, first) == ("awaited", 1)
    assert tell(db, checkout, second | {"status": "succeeded"}, first) == ("complete", 1)
    assert len(kept(db)) == 2


def test_a_canceled_one_beside_a_registered_one_is_not_waited_for(db: DbEnv) -> None:
    checkout = paid(db)
    canceled = receipt_of(checkout, status="canceled")
    assert tell(db, checkout, canceled) == ("awaited", 0), "a payment that stays has income"
    assert tell(db, checkout, canceled, receipt_of(checkout)) == ("complete", 1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"fiscal_document_number": None},
        {"fiscal_storage_number": ""},
        {"fiscal_attribute": "<b>1</b>"},
        {"fiscal_attribute": "9" * 21},
        {"registered_at": None},
        {"registered_at": "soon"},
        {"registered_at": "2026-13-45T99:00:00Z"},
        {"registered_at": "2026-11-20T12:56:00"},
        {"settlements": "x", "items": []},
        {"settlements": [{"amount": {"value": "NaN"}}], "items": None},
        {"settlements": [{"amount": {"value": "0.00"}}]},
        {"settlements": [{"amount": {"value": "999999999.00"}}] * 50},
        {"settlements": [{"amount": {"value": "1.00"}}, {"amount": "?"}, {"amount": {"value": []}}], "items": [7]},
        {"status": "moon_phase"},
        {"status": None},
    ],
)  # fmt: skip
def test_what_is_not_whole_is_not_kept_and_asked_for_again(db: DbEnv, wrong: Row) -> None:
    checkout = paid(db)
    receipt = receipt_of(checkout)
    assert tell(db, checkout, receipt | wrong) == ("awaited", 0)
    assert tell(db, checkout, receipt) == ("complete", 1)


@pytest.mark.parametrize(
    ("said", "amount"),
    [
        ({"settlements": [{"amount": {"value": "1000.00"}}, {"amount": {"value": "490"}}]}, "1490.00"),
        ({"settlements": []}, "1490.00"),
        ({"settlements": None, "items": [{"quantity": "2.00", "amount": {"value": "745.00"}}]}, "1490.00"),
        ({"settlements": None, "items": [{"quantity": 1.5, "amount": {"value": "10.01"}}]}, "15.02"),
        ({"fiscal_document_number": 3986}, "1490.00"),
    ],
)
def test_the_amount_is_what_was_settled_or_else_what_the_items_cost(
    db: DbEnv, said: Row, amount: str
) -> None:
    checkout = paid(db)
    assert tell(db, checkout, receipt_of(checkout, **said)) == ("complete", 1)
    assert str(kept(db)[0]["amount"]) == amount


def test_a_released_hold_has_income_and_its_return(db: DbEnv) -> None:
    checkout = db.checkout()
    db.record(payment_of(checkout, "waiting_for_capture", **REGISTERED))
    assert waiting(db) == 0, "while it is held, half of it would be known"
    db.record(payment_of(checkout, "canceled", **REGISTERED))
    income = receipt_of(checkout)
    assert tell(db, checkout, income) == ("awaited", 1)
    back = return_of(checkout, registered_at="2026-11-20T12:57:00.000+03:00")
    assert tell(db, checkout, back, income) == ("complete", 1)
    assert [(row["kind"], str(row["amount"])) for row in kept(db)] == [
        ("payment", "1.00"),
        ("refund", "1.00"),
    ]
    assert waiting(db) == 0


def test_income_of_a_hold_that_is_never_returned_is_told_to_a_person(db: DbEnv) -> None:
    checkout = db.checkout()
    db.record(payment_of(checkout, "canceled", **REGISTERED))
    tell(db, checkout, receipt_of(checkout))
    db.run("update private.receipts_due set checks = 77")
    due(db)
    (difference,) = stuck(db)
    assert difference["detail"]["receipts_found"] == 1


def test_a_refunds_receipt_in_the_list_of_its_payment_is_the_refunds(db: DbEnv) -> None:
    checkout = paid(db)
    refund = refunded(db, checkout)
    back = return_of(checkout, refund)
    assert tell(db, checkout, back, receipt_of(checkout)) == ("complete", 2)
    assert {(row["kind"], str(row["refund_id"])) for row in kept(db)} == {
        ("payment", "None"), ("refund", refund["refund_id"])}  # fmt: skip
    assert tell(db, checkout, back, refund=refund) == ("complete", 0)
    assert waiting(db) == 0


def test_a_refunds_pending_receipt_does_not_hold_up_its_payment(db: DbEnv) -> None:
    checkout = paid(db)
    refund = refunded(db, checkout)
    assert tell(db, checkout, return_of(checkout, refund, status="pending"), receipt_of(checkout)) == (
        "complete",
        1,
    )
    assert waiting(db) == 1


def test_what_is_another_payments_is_passed_over(db: DbEnv) -> None:
    checkout = paid(db)
    strange = [
        receipt_of(checkout, payment_id=str(uuid4())),
        receipt_of(checkout, type="refund", refund_id=str(uuid4())),
        receipt_of(checkout, type="correction"),
    ]
    assert tell(db, checkout, *strange) == ("awaited", 0)
    assert tell(db, checkout, *strange, receipt_of(checkout)) == ("complete", 1)


@pytest.mark.parametrize(
    "wrong", ["{}", "null", '["x"]', "[{}]", '[{"id": "a b"}]', f'[{{"id": "{"x" * 65}"}}]']
)
def test_what_is_no_list_of_receipts_is_refused(db: DbEnv, wrong: str) -> None:
    checkout = paid(db)
    with pytest.raises(Refused, match="PT422 invalid_input"):
        db.service(
            "record_receipts", transaction_id=checkout["transaction_id"], refund_id=None, receipts=wrong
        )


def test_of_what_nobody_knows_nothing_is_kept(db: DbEnv) -> None:
    checkout = paid(db)
    other = paid_by_another(db)
    refund = refunded(db, checkout)
    for transaction, of in (
        (uuid4(), None),
        (checkout["transaction_id"], uuid4()),
        (other, refund["refund_id"]),
    ):
        with pytest.raises(Refused, match="PT404 not_found"):
            db.service("record_receipts", transaction_id=transaction, refund_id=of, receipts="[]")


def paid_by_another(db: DbEnv) -> str:
    """A payment of another organization; its id."""
    other = db.another("stranger")
    return str(
        db.one(
            "insert into payment_transactions (organization_id, plan_id, kind, amount, status, yookassa_payment_id, idempotence_key, request_body)"
            " values (%s, 'a_month', 'first_payment', 1490, 'succeeded', 'other', 'other', '{}') returning id",
            other,
        )["id"]
    )


# Who reads and who writes


@pytest.mark.parametrize(
    ("person", "reads"),
    [("anna", 1), ("boris", 1), ("moderator", 1), ("service", 1), ("vera", 0), ("gleb", 0), ("stranger", 0)],
)
def test_who_reads_the_payments_reads_their_receipts(db: DbEnv, person: str, reads: int) -> None:
    checkout = paid(db)
    tell(db, checkout, receipt_of(checkout))
    assert len(db.query(person, "select * from public.fiscal_receipts")) == reads
    for change in ("delete from public.fiscal_receipts", "update public.fiscal_receipts set amount = 1"):
        with pytest.raises(Refused, match="42501"):
            db.query(person, change)


def test_visitors_read_nothing_of_them(db: DbEnv) -> None:
    with pytest.raises(Refused, match="42501"):
        db.query("visitor", "select 1 from public.fiscal_receipts")


@pytest.mark.parametrize("person", ["anna", "moderator", "stranger", "visitor"])
def test_only_the_service_key_records_them(db: DbEnv, person: str) -> None:
    checkout = paid(db)
    with pytest.raises(Refused, match="42501"):
        db.rpc(
            person, "record_receipts", transaction_id=checkout["transaction_id"], refund_id=None,
            receipts=[receipt_of(checkout)],
        )  # fmt: skip


def test_the_billing_page_has_them_with_each_payment_and_refund(db: DbEnv) -> None:
    checkout = paid(db)
    refund = refunded(db, checkout)
    tell(db, checkout, receipt_of(checkout))
    tell(db, checkout, return_of(checkout, refund, fiscal_document_number="3987"), refund=refund)
    for person in ("anna", "boris", "moderator"):
        (payment,) = db.rpc(person, "billing_overview", organization_id=db.organization)["payments"]
        (income,) = payment["receipts"]
        assert datetime.fromisoformat(income.pop("registered_at")) == datetime(
            2026, 11, 20, 9, 56, tzinfo=UTC
        )
        assert income == {
            "kind": "payment", "fiscal_storage_number": "9288000100115785", "fiscal_document_number": "3986",
            "fiscal_attribute": "2617603921",
        }  # fmt: skip
        (back,) = payment["refunds"]
        assert [(each["kind"], each["fiscal_document_number"]) for each in back["receipts"]] == [
            ("refund", "3987")
        ]
    assert db.rpc("gleb", "billing_overview", organization_id=db.organization)["payments"] == []


def test_before_any_is_known_the_lists_are_empty(db: DbEnv) -> None:
    checkout = paid(db)
    refunded(db, checkout)
    (payment,) = db.rpc("anna", "billing_overview", organization_id=db.organization)["payments"]
    assert (payment["receipts"], payment["refunds"][0]["receipts"]) == ([], [])


def test_they_stay_with_the_payments_of_a_deleted_organization(db: DbEnv) -> None:
    checkout = paid(db)
    tell(db, checkout, receipt_of(checkout))
    before = kept(db)
    slug = db.one("select slug from organizations where id = %s", db.organization)["slug"]
    db.rpc("anna", "delete_organization", organization_id=db.organization, confirmation=slug)
    gone = NOW + timedelta(days=31)
    assert db.service("run_organization_cleanup", as_of=gone)["organizations_deleted"] == 1
    assert kept(db) == before
