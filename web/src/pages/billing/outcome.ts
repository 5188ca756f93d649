/** What became of a payment, in the few words the pages need. ЮKassa's facts: reference of payment statuses. */
import type { PaymentState, Transaction } from "../../api/billing";
import { isDeclineReason, type DeclineReason } from "../../i18n/billing";

export type Outcome = "waiting" | "trial" | "paid" | "declined" | "abandoned" | "unsaved" | "quarantined";

/**
 * The trial's hold is always cancelled in the end: by us when the card is saved (`canceled_by_merchant`, good),
 * or by somebody else (bad). So what tells is whether the card was saved and a subscription began.
 */
export function outcomeOf(payment: PaymentState): Outcome {
  const { status, kind, cancellation_reason, method_saved, subscription_status } = payment;
  if (status === "quarantined") return "quarantined";
  if (status === "created" || status === "pending") return "waiting";
  if (kind === "trial_hold") {
    if (method_saved && subscription_status) return "trial";
    if (method_saved === false && (status !== "canceled" || cancellation_reason === "canceled_by_merchant")) {
      return "unsaved";
    }
  }
  if (status === "canceled")
    return cancellation_reason === "expired_on_confirmation" ? "abandoned" : "declined";
  return status === "succeeded" ? "paid" : "waiting";
}

/** ЮKassa adds reasons without notice; one we do not know is told as a plain refusal. */
export function declineReason({
  cancellation_reason,
  cancellation_party,
}: {
  cancellation_reason: string | null;
  cancellation_party?: string | null;
}): DeclineReason {
  if (cancellation_party === "yookassa_api") return "refused";
  return cancellation_reason && isDeclineReason(cancellation_reason) ? cancellation_reason : "other";
}

export type TransactionState =
  | "created"
  | "pending"
  | "holding"
  | "captured"
  | "succeeded"
  | "returned"
  | "returnedUnsaved"
  | "abandoned"
  | "declined"
  | "quarantined";

/** A line of the history in one of the words of `billingTexts.history.state`. */
export function transactionState(payment: Transaction): TransactionState {
  const { status, kind, cancellation_reason, method_saved } = payment;
  if (status === "waiting_for_capture") return kind === "trial_hold" ? "holding" : "captured";
  if (status !== "canceled") return status;
  if (cancellation_reason === "expired_on_confirmation") return "abandoned";
  if (kind === "trial_hold" && cancellation_reason === "canceled_by_merchant") {
    return method_saved ? "returned" : "returnedUnsaved";
  }
  return "declined";
}
