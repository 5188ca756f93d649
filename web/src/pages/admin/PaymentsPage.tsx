import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { openDifferences, type FoundPayment, type PaymentFilter } from "../../api/adminPayments";
import { deskList } from "../../api/desk";
import { ButtonLink } from "../../design/Button";
import { CellLink, inTwoLines, type DataColumn } from "../../design/DataTable";
import { Notice } from "../../design/Notice";
import { PageHeader, Section } from "../../design/Page";
import { Loading, Skeleton } from "../../design/States";
import { ShortId } from "../../design/ShortId";
import { DateTime, Money } from "../../design/Values";
import { adminPaymentTexts } from "../../i18n/adminPayments";
import { deskTexts } from "../../i18n/desk";
import { useTexts } from "../../i18n/dictionary";
import { paymentTexts } from "../../i18n/payments";
import { transactionState } from "../billing/outcome";
import { DeskChoice, DeskFilterBar } from "./DeskFilterBar";
import { DeskList } from "./DeskList";
import { Differences } from "./Differences";
import { PaymentPill } from "./PaymentPill";
import { reasonInWords } from "./PaymentState";
import { useDeskFilters, type DeskFilters } from "./useDeskFilters";

const states: readonly PaymentFilter[] = [
  "judge",
  "succeeded",
  "refunded",
  "canceled",
  "pending",
  "waiting_for_capture",
  "created",
  "quarantined",
];

/** Finding a payment; what waits for a person comes first. */
export function PaymentsPage() {
  const t = useTexts(adminPaymentTexts);
  const filters = useDeskFilters();
  const differences = useQuery(openDifferences());
  const judged = useInfiniteQuery(deskList("admin_payments", { status: "judge" }));
  const waiting = judged.data?.pages[0]?.items.length ?? 0;
  return (
    <div className="flex flex-col gap-8">
      <PageHeader title={t.title} lead={t.lead} />
      {differences.isPending || judged.isPending ? (
        // What stands above the list is known first, so that nothing moves when it comes.
        <Loading>
          <Skeleton className="h-24" />
        </Loading>
      ) : (
        <>
          {waiting > 0 && filters.value("state") !== "judge" && (
            <Notice
              kind="warning"
              title={t.attention.title}
              action={
                <ButtonLink size="small" to="/admin/payments?state=judge">
                  {t.attention.action}
                </ButtonLink>
              }
            >
              {t.attention.text(waiting)}
            </Notice>
          )}
          {differences.data && differences.data.length > 0 && (
            <Section title={t.differences.title}>
              <Differences list={differences.data} isLinked />
            </Section>
          )}
          <Found filters={filters} />
          {differences.data?.length === 0 && <p className="text-sm text-muted">{t.differences.none}</p>}
        </>
      )}
    </div>
  );
}

function Found({ filters }: { filters: DeskFilters }) {
  const t = useTexts(adminPaymentTexts);
  const b = useTexts(paymentTexts);
  const d = useTexts(deskTexts);
  const columns = useMemo((): DataColumn<FoundPayment>[] => {
    const why = (payment: FoundPayment) => reasonInWords(payment, t.one.quarantine, b.declined);
    return [
      {
        key: "payment",
        title: t.columns.payment,
        width: "w-32",
        phone: "title",
        text: ({ kind }) => b.history.kind[kind],
        cell: ({ id, kind }) => <CellLink to={`/admin/payments/${id}`}>{b.history.kind[kind]}</CellLink>,
      },
      {
        key: "organization",
        title: t.columns.organization,
        phone: "note",
        text: ({ organization }) => organization,
        cell: ({ organization, inn }) => (
          <span title={inn ?? undefined} className={inTwoLines}>
            {organization}
          </span>
        ),
      },
      {
        key: "inn",
        title: d.column.inn,
        wide: "never",
        text: ({ inn }) => inn ?? "",
        cell: ({ inn }) => inn ?? "—",
      },
      {
        key: "yookassa",
        title: d.column.yookassa,
        width: "w-32",
        wide: true,
        text: ({ yookassa_payment_id }) => yookassa_payment_id ?? "",
        cell: ({ yookassa_payment_id }) =>
          yookassa_payment_id === null ? "—" : <ShortId id={yookassa_payment_id} />,
      },
      {
        key: "date",
        title: t.columns.date,
        sort: { kind: "time" },
        width: "w-44",
        text: ({ created_at }) => created_at,
        cell: ({ created_at }) => <DateTime at={created_at} show="date" />,
      },
      {
        key: "state",
        title: t.columns.state,
        width: "w-48 min-[75rem]:w-72",
        phone: "end",
        text: (payment) =>
          [b.history.state[transactionState(payment)], why(payment)].filter(Boolean).join(": "),
        cell: (payment) => (
          // the reason where a part of it can be read, else the pill alone
          <span className="flex h-6 flex-wrap items-center gap-2 overflow-hidden" title={why(payment)}>
            <PaymentPill payment={payment} />
            {why(payment) && (
              <span className="hidden flex-1 basis-24 truncate text-sm text-muted min-[75rem]:inline">
                {why(payment)}
              </span>
            )}
          </span>
        ),
      },
      {
        key: "amount",
        title: t.columns.amount,
        width: "w-24",
        align: "right",
        phone: "aside",
        text: ({ amount }) => amount.toFixed(2),
        cell: ({ amount, currency }) => <Money amount={amount} currency={currency} />,
      },
    ];
  }, [t, b, d]);
  return (
    <div className="flex flex-col gap-6">
      <DeskFilterBar filters={filters} help={t.searchHelp}>
        <DeskChoice
          filters={filters}
          name="state"
          label={t.state}
          any={t.anyState}
          choices={states.map((value) => ({ value, label: t.states[value] }))}
        />
      </DeskFilterBar>
      <DeskList
        name="admin_payments"
        asked={{ ...filters.asked, status: filters.choice("state", states) }}
        caption={t.list}
        columns={columns}
        file="payments"
        reset={filters.isNarrowed ? "/admin/payments" : undefined}
      />
    </div>
  );
}
