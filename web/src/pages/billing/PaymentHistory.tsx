import { clsx } from "clsx";
import type { Payment } from "../../api/billing";
import { Table } from "../../design/Table";
import { DateTime, Money } from "../../design/Values";
import { billingTexts } from "../../i18n/billing";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { useLocale } from "../../i18n/locale";
import { declineReason, transactionState, type TransactionState } from "./outcome";

const looks: Partial<Record<TransactionState, string>> = {
  succeeded: "text-good",
  declined: "text-bad",
  returnedUnsaved: "text-bad",
  returnedUsed: "text-bad",
  quarantined: "text-accent",
  extra: "text-accent",
  abandoned: "text-muted",
  left: "text-muted",
  stopped: "text-muted",
};

/** Every payment and every attempt, with the reason where a bank said no, its receipt and what was given back. */
export function PaymentHistory({ payments, timeZone }: { payments: readonly Payment[]; timeZone: string }) {
  const t = useTexts(billingTexts);
  const { language } = useLocale();
  if (payments.length === 0) return <p className="measure text-muted">{t.history.empty}</p>;
  return (
    <Table
      caption={t.history.title}
      rows={payments}
      rowKey={({ id }) => id}
      columns={[
        {
          key: "what",
          title: t.history.what,
          cell: ({ kind, plan, attempt }) => (
            <>
              {t.history.kind[kind]}
              {attempt !== null && `, ${t.history.retry(attempt)}`}
              {kind !== "card_check" && (
                <span className="block text-sm font-normal text-muted">
                  {t.history.forPlan(plan[language])}
                </span>
              )}
            </>
          ),
        },
        {
          key: "date",
          title: t.history.date,
          cell: ({ created_at }) => <DateTime at={created_at} timeZone={timeZone} />,
        },
        {
          key: "result",
          title: t.history.result,
          cell: (payment) => <Result payment={payment} timeZone={timeZone} />,
        },
        {
          key: "amount",
          title: t.history.amount,
          align: "right",
          cell: ({ amount, currency }) => <Money amount={amount} currency={currency} />,
        },
      ]}
    />
  );
}

function Result({ payment, timeZone }: { payment: Payment; timeZone: string }) {
  const t = useTexts(billingTexts);
  const { money, date } = useFormats(timeZone);
  const state = transactionState(payment);
  const [why] = state === "declined" || state === "stopped" ? t.declined[declineReason(payment)] : [];
  const receipts: Partial<Record<string, string>> = t.history.receipt;
  const known: Partial<Record<string, string>> = t.history.refundReason;
  const receipt = (registration: string | null) => registration && receipts[registration];
  // A declined payment has no receipt to speak of.
  const ofPayment = payment.status === "succeeded" && receipt(payment.receipt_registration);
  return (
    <>
      <span className={clsx("font-medium", looks[state])}>{t.history.state[state]}</span>
      {why && <span className="block text-sm text-muted">{why}</span>}
      {ofPayment && <span className="block text-sm text-muted">{ofPayment}</span>}
      {payment.refunds.map((refund) => (
        <span key={refund.id} className="mt-1 block text-sm text-muted">
          {t.history.refund[refund.status as keyof typeof t.history.refund](
            money(refund.amount, refund.currency),
            date(refund.updated_at),
          )}
          {`: ${known[refund.reason] ?? refund.reason}`}
          {receipt(refund.receipt_registration) && (
            <span className="block">{receipt(refund.receipt_registration)}</span>
          )}
        </span>
      ))}
    </>
  );
}
