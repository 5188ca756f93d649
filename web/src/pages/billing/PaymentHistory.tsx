import { clsx } from "clsx";
import type { Plan, Refund, RetryAttempt, Transaction } from "../../api/billing";
import { Table } from "../../design/Table";
import { DateTime, Money } from "../../design/Values";
import { billingTexts } from "../../i18n/billing";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { useLocale } from "../../i18n/locale";
import { declineReason, transactionState, type TransactionState } from "./outcome";
import { planTitle } from "./plans";

const looks: Partial<Record<TransactionState, string>> = {
  succeeded: "text-good",
  declined: "text-bad",
  returnedUnsaved: "text-bad",
  quarantined: "text-accent",
  extra: "text-accent",
  abandoned: "text-muted",
  stopped: "text-muted",
};

/** Every payment and every attempt, with the reason where a bank said no, its receipt and what was given back. */
export function PaymentHistory({
  transactions,
  refunds,
  retries,
  plans,
  timeZone,
}: {
  transactions: readonly Transaction[];
  refunds: readonly Refund[];
  retries: readonly RetryAttempt[];
  plans: readonly Plan[];
  timeZone: string;
}) {
  const t = useTexts(billingTexts);
  const { language } = useLocale();
  if (transactions.length === 0) return <p className="measure text-muted">{t.history.empty}</p>;
  return (
    <Table
      caption={t.history.title}
      rows={transactions}
      rowKey={({ id }) => id}
      columns={[
        {
          key: "what",
          title: t.history.what,
          cell: ({ id, kind, plan_id }) => {
            const plan = plans.find((each) => each.id === plan_id);
            const retry = retries.find(({ transaction_id }) => transaction_id === id);
            return (
              <>
                {t.history.kind[kind]}
                {/* The charge on the day itself came before the first retry. */}
                {retry && `, ${t.history.retry(retry.attempt + 1)}`}
                {plan && kind !== "card_check" && (
                  <span className="block text-sm font-normal text-muted">
                    {t.history.forPlan(planTitle(plan, language))}
                  </span>
                )}
              </>
            );
          },
        },
        {
          key: "date",
          title: t.history.date,
          cell: ({ created_at }) => <DateTime at={created_at} timeZone={timeZone} />,
        },
        {
          key: "result",
          title: t.history.result,
          cell: (transaction) => (
            <Result
              transaction={transaction}
              refunds={refunds.filter(({ transaction_id }) => transaction_id === transaction.id)}
              timeZone={timeZone}
            />
          ),
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

function Result({
  transaction,
  refunds,
  timeZone,
}: {
  transaction: Transaction;
  refunds: readonly Refund[];
  timeZone: string;
}) {
  const t = useTexts(billingTexts);
  const { money, date } = useFormats(timeZone);
  const state = transactionState(transaction);
  const [why] = state === "declined" || state === "stopped" ? t.declined[declineReason(transaction)] : [];
  const receipts: Partial<Record<string, string>> = t.history.receipt;
  const known: Partial<Record<string, string>> = t.history.refundReason;
  const receipt = (registration: string | null) => registration && receipts[registration];
  // A declined payment has no receipt to speak of.
  const ofPayment = transaction.status === "succeeded" && receipt(transaction.receipt_registration);
  return (
    <>
      <span className={clsx("font-medium", looks[state])}>{t.history.state[state]}</span>
      {why && <span className="block text-sm text-muted">{why}</span>}
      {ofPayment && <span className="block text-sm text-muted">{ofPayment}</span>}
      {refunds.map((refund) => (
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
