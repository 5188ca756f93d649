import { clsx } from "clsx";
import type { Transaction } from "../../api/billing";
import { adminPaymentTexts } from "../../i18n/adminPayments";
import { useTexts } from "../../i18n/dictionary";
import { paymentTexts } from "../../i18n/payments";
import { useFormats } from "../../i18n/format";
import { declineReason, transactionState } from "../billing/outcome";

/** A payment's state in the words the organization reads, with the reason behind it. */
export function PaymentState({ payment }: { payment: Transaction }) {
  const t = useTexts(adminPaymentTexts);
  const b = useTexts(paymentTexts);
  const { money } = useFormats();
  const state = transactionState(payment);
  const why = reasonInWords(payment, t.one.quarantine, b.declined);
  return (
    <>
      <span
        className={clsx(
          "font-medium",
          state === "succeeded" && "text-good",
          (state === "declined" || state === "returnedUnsaved") && "text-bad",
          (state === "quarantined" || state === "extra") && "text-accent",
        )}
      >
        {b.history.state[state]}
      </span>
      {why && state !== "returned" && <span className="block text-sm text-muted">{why}</span>}
      {state !== "refunded" && payment.refunded_amount > 0 && (
        <span className="block text-sm text-muted">
          {t.one.refunded}: {money(payment.refunded_amount, payment.currency)}
        </span>
      )}
    </>
  );
}

/** Why it was put aside or declined; ЮKassa's own word when we have none. */
export function reasonInWords(
  payment: Pick<Transaction, "quarantine_reason" | "cancellation_reason" | "cancellation_party">,
  quarantine: Readonly<Record<string, string>>,
  declined: Readonly<Record<string, readonly string[]>>,
): string | undefined {
  const { quarantine_reason, cancellation_reason } = payment;
  if (quarantine_reason) return quarantine[quarantine_reason] ?? quarantine_reason;
  if (!cancellation_reason) return undefined;
  const known = declineReason(payment);
  return known === "other" || known === "refused" ? cancellation_reason : declined[known]?.[0];
}
