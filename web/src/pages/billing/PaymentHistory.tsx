import { clsx } from "clsx";
import { useState } from "react";
import type { Payment } from "../../api/billing";
import { Button } from "../../design/Button";
import { sortRows, useSorting } from "../../design/sorting";
import { Table, type Column } from "../../design/Table";
import { DateTime, Money } from "../../design/Values";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { useLocale } from "../../i18n/locale";
import { paymentTexts } from "../../i18n/payments";
import { FiscalReceipts } from "./FiscalReceipts";
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

/** So many are shown before the rest is asked for. */
const atFirst = 6;

/** Every payment and every attempt, with the reason where a bank said no, its receipt and what was given back. */
export function PaymentHistory({ payments, timeZone }: { payments: readonly Payment[]; timeZone: string }) {
  const t = useTexts(paymentTexts);
  const { language } = useLocale();
  const [isWhole, setWhole] = useState(false);
  const sorting = useSorting("-date", ["date", "result", "amount"]);
  if (payments.length === 0) return <p className="measure text-muted">{t.history.empty}</p>;
  const columns: Column<Payment>[] = [
    {
      key: "what",
      title: t.history.what,
      cell: ({ kind, plan, attempt }) => (
        <>
          {t.history.kind[kind]}
          {attempt !== null && `, ${t.history.retry(attempt)}`}
          {kind !== "card_check" && (
            <span className="block text-sm font-normal text-muted">{t.history.forPlan(plan[language])}</span>
          )}
        </>
      ),
    },
    {
      key: "date",
      title: t.history.date,
      sort: { kind: "time", value: ({ created_at }) => Date.parse(created_at) },
      cell: ({ created_at }) => <DateTime at={created_at} timeZone={timeZone} />,
    },
    {
      key: "result",
      title: t.history.result,
      sort: { kind: "text", value: (payment) => t.history.state[transactionState(payment)] },
      cell: (payment) => <Result payment={payment} timeZone={timeZone} />,
    },
    {
      key: "receipt",
      title: t.history.receiptTitle,
      cell: (payment) => <Receipt payment={payment} timeZone={timeZone} />,
    },
    {
      key: "amount",
      title: t.history.amount,
      sort: { kind: "number", value: ({ amount }) => amount },
      align: "right",
      cell: ({ amount, currency }) => <Money amount={amount} currency={currency} />,
    },
  ];
  const sorted = sortRows(payments, columns, sorting, language);
  const shown = isWhole ? sorted : sorted.slice(0, atFirst);
  return (
    <>
      <Table
        caption={t.history.title}
        rows={shown}
        rowKey={({ id }) => id}
        sorting={sorting}
        columns={columns}
      />
      {shown.length < payments.length && (
        <div>
          <Button onClick={() => setWhole(true)}>{t.history.whole(payments.length)}</Button>
        </div>
      )}
    </>
  );
}

function Result({ payment, timeZone }: { payment: Payment; timeZone: string }) {
  const t = useTexts(paymentTexts);
  const { money, date } = useFormats(timeZone);
  const state = transactionState(payment);
  const [why] = state === "declined" || state === "stopped" ? t.declined[declineReason(payment)] : [];
  const receipts: Partial<Record<string, string>> = t.history.receipt; // a refund has one of its own
  const known: Partial<Record<string, string>> = t.history.refundReason;
  const receipt = (registration: string | null) => registration && receipts[registration];
  return (
    <>
      <span className={clsx("font-medium", looks[state])}>{t.history.state[state]}</span>
      {why && <span className="block text-sm text-muted">{why}</span>}
      {payment.refunds.map((refund) => (
        <span key={refund.id} className="mt-1 block text-sm text-muted">
          {t.history.refund[refund.status as keyof typeof t.history.refund](
            money(refund.amount, refund.currency),
            date(refund.updated_at),
          )}
          {`: ${known[refund.reason] ?? refund.reason}`}
          {refund.receipts.length === 0 && receipt(refund.receipt_registration) && (
            <span className="block">{receipt(refund.receipt_registration)}</span>
          )}
          <FiscalReceipts receipts={refund.receipts} timeZone={timeZone} />
        </span>
      ))}
    </>
  );
}

/** Its numbers, or what ЮKassa says of it; the receipt itself goes to the customer's e-mail, and has no address to look at it. */
function Receipt({ payment, timeZone }: { payment: Payment; timeZone: string }) {
  const t = useTexts(paymentTexts).history;
  if (payment.receipts.length > 0) return <FiscalReceipts receipts={payment.receipts} timeZone={timeZone} />;
  // A declined payment has no receipt to speak of.
  if (payment.status !== "succeeded") return <span aria-hidden>—</span>;
  const states: Partial<Record<string, string>> = t.receipt;
  return (
    <span className={payment.receipt_registration === "canceled" ? "text-bad" : "text-muted"}>
      {payment.receipt_registration ? states[payment.receipt_registration] : t.noReceipt}
    </span>
  );
}
