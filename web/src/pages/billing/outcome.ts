/** What became of a payment, in the few words the pages need. ЮKassa's facts: reference of payment statuses. */
import type { Payment, PaymentState, Transaction, TransactionKind } from "../../api/billing";
import { quarantineReasons, type DeclineReason } from "../../api/codes";
import { isDeclineReason } from "../../i18n/payments";

export type Outcome =
  | "waiting"
  | "trial"
  | "card"
  | "paid"
  | "declined"
  | "abandoned"
  | "left"
  | "unsaved"
  | "used"
  | "quarantined";

/** Kinds that hold 1 ₽ to check a card, and give it back. */
const checksCard = (kind: TransactionKind) => kind === "trial_hold" || kind === "card_check";

/**
 * A card check's hold is always cancelled in the end: by us when the card is saved (`canceled_by_merchant`, good),
 * or by somebody else (bad). So what tells is whether the card was saved, and for a trial that it began.
 */
export function outcomeOf(payment: PaymentState): Outcome {
  const { status, kind, cancellation_reason, method_saved, subscription_status } = payment;
  if (status === "quarantined") return "quarantined";
  if (status === "created" || status === "pending") return "waiting";
  if (cancellation_reason === "abandoned") return "left";
  if (cancellation_reason === "trial_already_used") return "used";
  if (checksCard(kind)) {
    const isReleased = status !== "canceled" || cancellation_reason === "canceled_by_merchant";
    if (method_saved && kind === "card_check" && isReleased) return "card";
    if (method_saved && kind === "trial_hold" && subscription_status) return "trial";
    if (method_saved === false && isReleased) return "unsaved";
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

/** Money that came too late or twice: it goes back by itself, nobody has to judge it. */
export const isExtra = ({ quarantine_reason }: Pick<Transaction, "quarantine_reason">) =>
  quarantine_reason !== null &&
  Object.hasOwn(quarantineReasons, quarantine_reason) &&
  quarantineReasons[quarantine_reason as keyof typeof quarantineReasons];

export type TransactionState =
  | "created"
  | "pending"
  | "holding"
  | "captured"
  | "succeeded"
  | "refunded"
  | "returned"
  | "returnedUnsaved"
  | "returnedUsed"
  | "abandoned"
  | "left"
  | "declined"
  | "stopped"
  | "quarantined"
  | "extra"
  | "judged";

/** A line of the history in one of the words of `billingTexts.history.state`. */
export function transactionState(payment: Payment | Transaction): TransactionState {
  const { status, kind, cancellation_party, cancellation_reason, method_saved, amount, refunded_amount } =
    payment;
  if (Number(refunded_amount) >= Number(amount)) return "refunded";
  if (status === "quarantined")
    return isExtra(payment) ? "extra" : payment.judged_at ? "judged" : "quarantined";
  if (status === "waiting_for_capture") return checksCard(kind) ? "holding" : "captured";
  if (status !== "canceled") return status;
  if (cancellation_reason === "expired_on_confirmation") return "abandoned";
  if (cancellation_reason === "abandoned") return "left";
  if (cancellation_reason === "trial_already_used") return "returnedUsed";
  if (cancellation_party === "chestno") return "stopped";
  if (checksCard(kind) && cancellation_reason === "canceled_by_merchant") {
    return method_saved ? "returned" : "returnedUnsaved";
  }
  return "declined";
}
