import { describe, expect, it } from "vitest";
import { quarantineReasons } from "../../api/codes";
import type { PaymentState } from "../../api/billing";
import { payment } from "../../test/billing";
import { declineReason, isExtra, outcomeOf, transactionState } from "./outcome";

const state = (changes: Partial<PaymentState>): PaymentState => ({
  transaction_id: "t1",
  status: "pending",
  kind: "first_payment",
  cancellation_reason: null,
  method_saved: null,
  subscription_status: null,
  ...changes,
});

describe("what became of a payment", () => {
  it.each([
    [{ status: "pending" }, "waiting"],
    [{ status: "succeeded" }, "paid"],
    [{ status: "canceled", cancellation_reason: "insufficient_funds" }, "declined"],
    [{ status: "canceled", cancellation_reason: "expired_on_confirmation" }, "abandoned"],
    [{ status: "canceled", cancellation_reason: "abandoned" }, "left"],
    [{ kind: "trial_hold", status: "canceled", cancellation_reason: "abandoned" }, "left"],
    [
      {
        kind: "trial_hold",
        status: "canceled",
        cancellation_reason: "trial_already_used",
        method_saved: true,
      },
      "used",
    ],
    [{ status: "quarantined" }, "quarantined"],
    [
      {
        kind: "trial_hold",
        status: "waiting_for_capture",
        method_saved: true,
        subscription_status: "trialing",
      },
      "trial",
    ],
    [{ kind: "trial_hold", status: "waiting_for_capture", method_saved: false }, "unsaved"],
    [
      {
        kind: "card_check",
        status: "canceled",
        cancellation_reason: "canceled_by_merchant",
        method_saved: true,
      },
      "card",
    ],
    [
      { kind: "card_check", status: "canceled", cancellation_reason: "card_expired", method_saved: false },
      "declined",
    ],
  ] as const)("%j: %s", (changes, outcome) => {
    expect(outcomeOf(state(changes))).toBe(outcome);
  });
});

describe("a line of the history", () => {
  it.each([
    [{}, "succeeded"],
    [{ refunded_amount: "1490.00" }, "refunded"],
    [{ refunded_amount: "490.00" }, "succeeded"],
    [{ status: "canceled", cancellation_party: "chestno", cancellation_reason: "already_paid" }, "stopped"],
    [{ status: "canceled", cancellation_party: "chestno", cancellation_reason: "abandoned" }, "left"],
    [
      {
        kind: "trial_hold",
        status: "canceled",
        cancellation_party: "chestno",
        cancellation_reason: "trial_already_used",
      },
      "returnedUsed",
    ],
    [{ status: "canceled", cancellation_reason: "general_decline" }, "declined"],
    [{ kind: "card_check", status: "waiting_for_capture" }, "holding"],
    [{ status: "waiting_for_capture" }, "captured"],
    [
      {
        kind: "card_check",
        status: "canceled",
        cancellation_reason: "canceled_by_merchant",
        method_saved: true,
      },
      "returned",
    ],
    [{ status: "quarantined", quarantine_reason: "already_paid" }, "extra"],
    [{ status: "quarantined", quarantine_reason: "amount" }, "quarantined"],
    [{ status: "quarantined", quarantine_reason: "amount", judged_at: "2027-03-12T00:00:00Z" }, "judged"],
  ] as const)("%j: %s", (changes, expected) => {
    expect(transactionState(payment(changes))).toBe(expected);
  });
});

it("knows which money goes back by itself from the database's list", () => {
  for (const [quarantine_reason, goesBack] of Object.entries(quarantineReasons))
    expect(isExtra({ quarantine_reason })).toBe(goesBack);
  expect(isExtra({ quarantine_reason: null })).toBe(false);
  expect(isExtra({ quarantine_reason: "toString" })).toBe(false);
});

it.each([
  ["insufficient_funds", null, "insufficient_funds"],
  ["invalid_request", "yookassa_api", "refused"],
  ["came_after_this_build", null, "other"],
  [null, null, "other"],
])("a decline %s by %s is told as %s", (cancellation_reason, cancellation_party, told) => {
  expect(declineReason({ cancellation_reason, cancellation_party })).toBe(told);
});
