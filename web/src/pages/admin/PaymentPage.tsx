import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useParams } from "react-router";
import { isId, paymentFile, refetchPayment, type PaymentFile } from "../../api/adminPayments";
import { plans } from "../../api/billing";
import { asApiError, type ApiError } from "../../api/errors";
import { Button } from "../../design/Button";
import { Notice, Problem } from "../../design/Notice";
import { Facts, PageHeader, Section } from "../../design/Page";
import { ErrorState, Loading, SkeletonLines } from "../../design/States";
import { toast } from "../../design/toast";
import { DateTime, Money } from "../../design/Values";
import { adminPaymentTexts } from "../../i18n/adminPayments";
import { useTexts } from "../../i18n/dictionary";
import { paymentTexts } from "../../i18n/payments";
import { useFormats } from "../../i18n/format";
import { useLocale } from "../../i18n/locale";
import { FiscalReceipts } from "../billing/FiscalReceipts";
import { transactionState } from "../billing/outcome";
import { planTitle } from "../billing/plans";
import { NotFoundPage } from "../NotFoundPage";
import { Differences } from "./Differences";
import { JudgeDialog } from "./JudgeDialog";
import { PaymentState, reasonInWords } from "./PaymentState";
import { PaymentTimeline } from "./PaymentTimeline";
import { RefundDialog } from "./RefundDialog";
import { keys } from "../../api/keys";

/** One payment: what it is, what can be done about it, and everything that happened. */
export function PaymentPage() {
  const { id = "" } = useParams();
  const file = useQuery({ ...paymentFile(id), enabled: isId(id) });
  if (file.data) return <Sheet key={id} file={file.data} />;
  if (!isId(id)) return <NotFoundPage />;
  if (!file.isError) {
    return (
      <Loading>
        <SkeletonLines count={8} />
      </Loading>
    );
  }
  return asApiError(file.error).code === "not_found" ? (
    <NotFoundPage />
  ) : (
    <ErrorState error={file.error} retry={() => void file.refetch()} />
  );
}

function Sheet({ file }: { file: PaymentFile }) {
  const texts = useTexts(adminPaymentTexts);
  const t = texts.one;
  const b = useTexts(paymentTexts);
  const { language } = useLocale();
  const { money } = useFormats();
  const planList = useQuery(plans());
  const { payment, differences, siblings } = file;
  const { organizations: organization } = payment;
  const plan = planList.data?.find(({ id }) => id === payment.plan_id);
  const left = Number(file.limit.refundable);
  const states: Partial<Record<string, string>> = t.receiptState;
  const registration = payment.receipt_registration;
  const isToJudge = transactionState(payment) === "quarantined";
  const open = differences.filter(({ resolved_at }) => resolved_at === null);

  return (
    <div className="flex max-w-3xl flex-col gap-10">
      <PageHeader
        title={t.title(money(payment.amount, payment.currency))}
        trail={[{ to: "/admin/payments", label: texts.title }]}
        state={
          <p>
            <PaymentState payment={payment} />
          </p>
        }
      />
      {isToJudge && <ToJudge file={file} />}
      <div className="flex flex-col gap-6">
        <Facts
          items={[
            {
              name: t.organization,
              value: (
                <>
                  <Link to={`/admin/organizations/${organization.id}`} className="link wrap-anywhere">
                    {organization.name}
                  </Link>
                  , {organization.inn}
                </>
              ),
            },
            { name: t.kind, value: b.history.kind[payment.kind] },
            { name: t.plan, value: plan ? planTitle(plan, language) : payment.plan_id },
            ...(payment.period_start
              ? [{ name: t.period, value: <DateTime at={payment.period_start} show="date" /> }]
              : []),
            ...(payment.credit > 0 ? [{ name: t.credit, value: <Money amount={payment.credit} /> }] : []),
            ...(payment.bonus_days > 0 ? [{ name: t.bonus, value: payment.bonus_days }] : []),
            ...(payment.refunded_amount > 0
              ? [{ name: t.refunded, value: <Money amount={payment.refunded_amount} /> }]
              : []),
            ...(Number(file.limit.credited) > 0
              ? [{ name: t.credited, value: <Money amount={Number(file.limit.credited)} /> }]
              : []),
            ...(left > 0 ? [{ name: t.left, value: <Money amount={left} /> }] : []),
            ...(registration || file.receipts.length > 0
              ? [
                  {
                    name: t.receipt,
                    value: (
                      <>
                        {registration && (states[registration] ?? registration)}
                        <FiscalReceipts receipts={file.receipts} />
                      </>
                    ),
                  },
                ]
              : []),
            {
              name: t.yookassa,
              value: (
                <span className="text-sm break-all sm:text-base">
                  {payment.yookassa_payment_id ?? t.noYookassa}
                </span>
              ),
            },
            { name: t.ours, value: <span className="text-sm break-all sm:text-base">{payment.id}</span> },
          ]}
        />
        <Actions file={file} left={left} />
      </div>
      {open.length > 0 && (
        <Section title={texts.differences.title}>
          <Differences list={open} isLinked={false} />
        </Section>
      )}
      {siblings.length > 0 && (
        <Section title={t.siblings}>
          <ul className="flex flex-col gap-1">
            {siblings.map((other) => (
              <li key={other.id}>
                <Link to={`/admin/payments/${other.id}`} className="link inline-block min-h-6">
                  {b.history.kind[other.kind]}, <DateTime at={other.created_at} />
                </Link>
                {`: ${texts.states[other.status]}`}
              </li>
            ))}
          </ul>
        </Section>
      )}
      <Section title={t.history}>
        <p className="text-sm text-muted">{t.historyNote}</p>
        <PaymentTimeline file={file} />
      </Section>
    </div>
  );
}

function ToJudge({ file }: { file: PaymentFile }) {
  const t = useTexts(adminPaymentTexts).one;
  const b = useTexts(paymentTexts);
  const [isOpen, setOpen] = useState(false);
  const why = reasonInWords(file.payment, t.quarantine, b.declined) ?? "";
  return (
    <>
      <Notice
        kind="warning"
        title={t.judgeNeeded}
        action={
          <Button variant="primary" onClick={() => setOpen(true)}>
            {t.judge}
          </Button>
        }
      >
        {t.judgeText(why)}
      </Notice>
      {isOpen && <JudgeDialog file={file} onClose={() => setOpen(false)} />}
    </>
  );
}

function Actions({ file, left }: { file: PaymentFile; left: number }) {
  const t = useTexts(adminPaymentTexts).one;
  const queries = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  const [isRefunding, setRefunding] = useState(false);
  const [problem, setProblem] = useState<ApiError>();
  const { id } = file.payment;

  async function refetch() {
    setProblem(undefined);
    setAsking(true);
    try {
      await refetchPayment(id);
      toast(t.refetched);
    } catch (error) {
      setProblem(asApiError(error));
    }
    await queries.invalidateQueries({ queryKey: keys.adminPayment(id) });
    setAsking(false);
  }

  return (
    <>
      {problem?.code === "not_found" ? (
        <Notice kind="warning" live="alert">
          {t.unknownThere}
        </Notice>
      ) : (
        problem && <Problem error={problem} />
      )}
      <div className="flex flex-wrap gap-3">
        <Button pending={isAsking && t.refetching} onClick={() => void refetch()}>
          {t.refetch}
        </Button>
        {left > 0 && <Button onClick={() => setRefunding(true)}>{t.refund}</Button>}
      </div>
      {isRefunding && <RefundDialog file={file} left={left} onClose={() => setRefunding(false)} />}
    </>
  );
}
