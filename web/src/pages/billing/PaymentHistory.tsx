import { clsx } from "clsx";
import type { Plan, Transaction } from "../../api/billing";
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
  abandoned: "text-muted",
};

/** Every payment and every attempt, with the reason where a bank said no. */
export function PaymentHistory({
  transactions,
  plans,
  timeZone,
}: {
  transactions: readonly Transaction[];
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
          cell: ({ kind, plan_id }) => {
            const plan = plans.find(({ id }) => id === plan_id);
            return (
              <>
                {t.history.kind[kind]}
                {plan && (
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
          cell: (transaction) => <Result transaction={transaction} />,
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

function Result({ transaction }: { transaction: Transaction }) {
  const t = useTexts(billingTexts);
  const { money } = useFormats();
  const state = transactionState(transaction);
  const [why] = state === "declined" ? t.declined[declineReason(transaction)] : [];
  return (
    <>
      <span className={clsx("font-medium", looks[state])}>{t.history.state[state]}</span>
      {why && <span className="block text-sm text-muted">{why}</span>}
      {transaction.refunded_amount > 0 && (
        <span className="block text-sm text-muted">
          {t.history.refunded(money(transaction.refunded_amount, transaction.currency))}
        </span>
      )}
    </>
  );
}
