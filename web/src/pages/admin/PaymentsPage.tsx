import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { SearchX } from "lucide-react";
import { useState } from "react";
import { Link, useSearchParams } from "react-router";
import {
  findPayments,
  openDifferences,
  type FoundPayment,
  type PaymentFilter,
} from "../../api/adminPayments";
import { useAddressText } from "../../shared/useAddressText";
import { Button, ButtonLink } from "../../design/Button";
import { SearchField, SelectField } from "../../design/Form";
import { Icon } from "../../design/Icon";
import { Notice } from "../../design/Notice";
import { PageHeader, Section } from "../../design/Page";
import { EmptyState, Loaded, SkeletonLines } from "../../design/States";
import { Table } from "../../design/Table";
import { DateTime, Money } from "../../design/Values";
import { adminPaymentTexts } from "../../i18n/adminPayments";
import { useTexts } from "../../i18n/dictionary";
import { paymentTexts } from "../../i18n/payments";
import { Differences } from "./Differences";
import { PaymentState } from "./PaymentState";

const page = 50;
const filters: readonly PaymentFilter[] = [
  "judge",
  "succeeded",
  "refunded",
  "canceled",
  "pending",
  "waiting_for_capture",
  "created",
  "quarantined",
];
const isFilter = (text: string): text is PaymentFilter => (filters as readonly string[]).includes(text);

/** Finding a payment; what waits for a person comes first. The search stands in the address. */
export function PaymentsPage() {
  const t = useTexts(adminPaymentTexts);
  const [parameters, setParameters] = useSearchParams();
  const { asked, typed, setTyped } = useAddressText("q");
  const state = parameters.get("state") ?? "";
  const filter = isFilter(state) ? state : undefined;
  const differences = useQuery(openDifferences());
  const judged = useQuery(findPayments("", "judge", page));
  const waiting = judged.data?.length ?? 0;

  function choose(next: string) {
    setParameters(
      (before) => {
        const after = new URLSearchParams(before);
        if (next) after.set("state", next);
        else after.delete("state");
        return after;
      },
      { replace: true },
    );
  }

  return (
    <div className="flex flex-col gap-8">
      <PageHeader title={t.title} lead={t.lead} />
      {waiting > 0 && filter !== "judge" && (
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
      <div className="flex flex-col gap-6">
        <div className="grid items-start gap-4 lg:grid-cols-[1fr_18rem]">
          <SearchField label={t.search} help={t.searchHelp} value={typed} onChange={setTyped} />
          <SelectField
            name="state"
            value={filter ?? ""}
            error={undefined}
            onChange={choose}
            label={t.state}
            filter
            options={[
              { value: "", label: t.anyState },
              ...filters.map((value) => ({ value, label: t.states[value] })),
            ]}
          />
        </div>
        <Found key={`${asked} ${state}`} text={asked} filter={filter} />
      </div>
      {differences.data?.length === 0 && <p className="text-sm text-muted">{t.differences.none}</p>}
    </div>
  );
}

function Found({ text, filter }: { text: string; filter: PaymentFilter | undefined }) {
  const t = useTexts(adminPaymentTexts);
  const b = useTexts(paymentTexts);
  const [limit, setLimit] = useState(page);
  const found = useQuery({ ...findPayments(text, filter, limit + 1), placeholderData: keepPreviousData });
  return (
    <Loaded query={found} skeleton={<SkeletonLines count={6} />}>
      {(all) => {
        const list = all.slice(0, limit);
        if (list.length === 0) {
          return (
            <EmptyState
              title={t.none}
              picture={<Icon of={SearchX} size={32} />}
              action={
                (text || filter) && (
                  <ButtonLink to="/admin/payments" size="small">
                    {t.reset}
                  </ButtonLink>
                )
              }
            >
              {t.noneText}
            </EmptyState>
          );
        }
        return (
          <div className="flex flex-col gap-3">
            <p role="status" className="text-muted">
              {t.shown(list.length)}
            </p>
            <Table<FoundPayment>
              caption={t.list}
              rows={list}
              rowKey={({ id }) => id}
              columns={[
                {
                  key: "payment",
                  title: t.columns.payment,
                  cell: ({ id, kind, yookassa_payment_id }) => (
                    <>
                      <Link to={`/admin/payments/${id}`} className="link inline-block min-h-6">
                        {b.history.kind[kind]}
                      </Link>
                      <span className="block text-sm font-normal break-all text-muted">
                        {yookassa_payment_id ?? t.one.noYookassa}
                      </span>
                    </>
                  ),
                },
                {
                  key: "organization",
                  title: t.columns.organization,
                  cell: ({ organizations }) => (
                    <>
                      <span className="wrap-anywhere">{organizations.name}</span>
                      <span className="block text-sm text-muted">{organizations.inn}</span>
                    </>
                  ),
                },
                {
                  key: "date",
                  title: t.columns.date,
                  cell: ({ created_at }) => <DateTime at={created_at} />,
                },
                {
                  key: "state",
                  title: t.columns.state,
                  cell: (payment) => <PaymentState payment={payment} />,
                },
                {
                  key: "amount",
                  title: t.columns.amount,
                  align: "right",
                  cell: ({ amount, currency }) => <Money amount={amount} currency={currency} />,
                },
              ]}
            />
            {all.length > limit && (
              <Button className="self-start" onClick={() => setLimit(limit + page)}>
                {t.more}
              </Button>
            )}
          </div>
        );
      }}
    </Loaded>
  );
}
