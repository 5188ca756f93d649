import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Ban, CircleAlert, CircleCheck, Clock, CreditCard, UserSearch, type LucideIcon } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";
import { useSearchParams } from "react-router";
import { billingOverview, paymentState, plans, transaction, type Transaction } from "../../api/billing";
import { asApiError } from "../../api/errors";
import { keys } from "../../api/keys";
import type { StatusLevel } from "../../api/statuses";
import { chooseOrganization, useOrganization } from "../../shared/organization";
import { Button, ButtonLink } from "../../design/Button";
import { Icon } from "../../design/Icon";
import { PageTitle, useArrival } from "../../design/Page";
import { ErrorState, Loading, SkeletonLines } from "../../design/States";
import { billingTexts } from "../../i18n/billing";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { paymentTexts } from "../../i18n/payments";
import { statusTexts } from "../../i18n/status";
import { useIsNewPayment } from "../../status/grants";
import { Seal } from "../../status/Seal";
import { declineReason, isExtra, outcomeOf, type Outcome } from "./outcome";
import { isPaymentPage } from "./paymentPage";
import { holdAmount } from "./plans";
import { LeavePayment } from "./UnfinishedPayment";

/** Pauses between questions, in seconds; the last one repeats. Most payments are known at the first or second. */
const pauses = [1, 1, 2, 3, 5, 8, 13, 20];
/** After so many seconds a person may go; the sweep and the notification go on without them. */
const patience = 60;

/**
 * Where ЮKassa sends a person back to. Coming back proves nothing, so the page asks until it knows, and says
 * all along what it is waiting for.
 */
export function ReturnPage() {
  const t = useTexts(paymentTexts);
  const [parameters] = useSearchParams();
  const id = parameters.get("transaction") ?? "";
  const payment = useQuery({ ...transaction(id), enabled: isUuid(id) });

  if (payment.data) return <Answer payment={payment.data} />;
  if (!isUuid(id) || (payment.isError && asApiError(payment.error).code === "not_found")) {
    return (
      <Result icon={UserSearch} title={t.result.notFoundTitle} text={t.result.notFoundText}>
        <ButtonLink to="/dashboard/billing" variant="primary">
          {t.result.toBilling}
        </ButtonLink>
      </Result>
    );
  }
  if (payment.isError) return <ErrorState error={payment.error} retry={() => void payment.refetch()} />;
  return (
    <Loading>
      <SkeletonLines />
    </Loading>
  );
}

function Answer({ payment }: { payment: Transaction }) {
  const queries = useQueryClient();
  const { organization } = useOrganization();

  // The person may have looked at another of their organizations before.
  useEffect(() => {
    if (organization.id !== payment.organization_id) chooseOrganization(payment.organization_id);
  }, [organization.id, payment.organization_id]);

  const state = useQuery({
    ...paymentState(payment.id),
    refetchInterval: ({ state: { data, dataUpdateCount, errorUpdateCount } }) => {
      if (data && outcomeOf(data) !== "waiting") return false;
      const asked = dataUpdateCount + errorUpdateCount;
      return 1000 * (pauses[Math.min(asked, pauses.length) - 1] ?? 1);
    },
    retry: false, // it is asked again anyway
  });
  const outcome = state.data ? outcomeOf(state.data) : "waiting";
  // Asked for meanwhile: the answer names the level at once, and nothing moves when it has come.
  const planList = useQuery(plans());

  useEffect(() => {
    // Levels, subscription, cards and history have changed with the payment.
    if (outcome !== "waiting")
      void queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== keys.paymentState()[0] });
  }, [outcome, queries]);

  // Why a payment was put aside stands in the row itself, which has to be read again first.
  const isKnown = outcome !== "quarantined" || payment.status === "quarantined";
  if (outcome === "waiting" || !isKnown || planList.isPending) {
    return (
      <Waiting
        payment={payment}
        isBroken={state.isError}
        isUnpaid={state.data?.status === "pending"}
        onLeft={async () => {
          await state.refetch();
        }}
      />
    );
  }
  return <Known payment={payment} outcome={outcome} reason={state.data?.cancellation_reason ?? null} />;
}

function Waiting({
  payment,
  isBroken,
  isUnpaid,
  onLeft,
}: {
  payment: Transaction;
  isBroken: boolean;
  /** ЮKassa has seen nobody pay it. */
  isUnpaid: boolean;
  onLeft: () => Promise<void>;
}) {
  const t = useTexts(paymentTexts);
  const b = useTexts(billingTexts);
  const { money } = useFormats();
  const [isLeaving, setLeaving] = useState(false);
  const seconds = useSeconds();
  const isLong = seconds >= patience;
  // Who comes back from the bank's page is a moment faster than ЮKassa.
  const isLeft = isUnpaid && !isBroken && seconds >= 5;
  const page =
    payment.confirmation_url && isPaymentPage(payment.confirmation_url) && payment.confirmation_url;
  const [title, text] = isBroken
    ? [t.result.brokenTitle, t.result.brokenText]
    : isLeft
      ? [t.result.unpaidTitle, t.result.unpaidText]
      : [t.result.waitingTitle, t.result.waitingText];
  return (
    <Result icon={isLeft ? CreditCard : Clock} title={title} text={text} isWaiting>
      {isLong && !isLeft && (
        <p role="status" className="measure w-full">
          {t.result.waitingLong}
        </p>
      )}
      {isLeft && page && (
        <ButtonLink to={page} variant="primary">
          {b.waiting.resume}
        </ButtonLink>
      )}
      {isLeft && <Button onClick={() => setLeaving(true)}>{b.waiting.leave}</Button>}
      {(isLong || isLeft) && <ButtonLink to="/dashboard/billing">{t.result.toBilling}</ButtonLink>}
      {isLeaving && (
        <LeavePayment
          transactionId={payment.id}
          what={t.history.kind[payment.kind]}
          amount={money(payment.amount, payment.currency)}
          onLeft={onLeft}
          onClose={() => setLeaving(false)}
        />
      )}
    </Result>
  );
}

function Known({
  payment,
  outcome,
  reason,
}: {
  payment: Transaction;
  outcome: Exclude<Outcome, "waiting">;
  reason: string | null;
}) {
  const t = useTexts(paymentTexts);
  const b = useTexts(billingTexts);
  const s = useTexts(statusTexts);
  const { timeZone } = useOrganization();
  const { money, date } = useFormats(timeZone);
  const planList = useQuery(plans());
  const billing = useQuery(billingOverview(payment.organization_id));
  const current = billing.data?.subscription;
  const plan = planList.data?.find(({ id }) => id === payment.plan_id);
  const hold = money(holdAmount);
  const toBilling = (
    <ButtonLink to="/dashboard/billing" variant="primary">
      {t.result.again}
    </ButtonLink>
  );

  switch (outcome) {
    case "trial": {
      // An old link: by now the organization may be a member, or may have left.
      const isOver = current && current.status !== "trialing";
      const firstCharge = isOver ? null : current?.trial_ends_at;
      return (
        <Result
          seal={<Stamped level="0" payment={payment} />}
          title={t.result.trialTitle}
          text={isOver ? t.result.trialOver(hold) : t.result.trialText(hold)}
        >
          {plan && firstCharge && (
            <p className="measure w-full">{t.result.trialNext(money(plan.amount), date(firstCharge))}</p>
          )}
          <ButtonLink to="/dashboard" variant="primary">
            {t.result.toDashboard}
          </ButtonLink>
          <ButtonLink to="/dashboard/organization/status">{t.result.toStatus}</ButtonLink>
        </Result>
      );
    }
    case "card": {
      const now = current?.is_live ? current : undefined;
      return (
        <Result icon={CreditCard} title={t.result.cardTitle} text={t.result.cardText(hold)}>
          {now && (
            <p className="measure w-full">
              {now.cancel_at_period_end
                ? t.result.cardEnding(date(now.current_period_end))
                : now.status === "past_due"
                  ? t.result.cardCharge(money(now.plan.amount, now.plan.currency))
                  : t.result.cardNext(
                      money(now.plan.amount, now.plan.currency),
                      date(now.current_period_end),
                    )}
            </p>
          )}
          <ButtonLink to="/dashboard/billing" variant="primary">
            {t.result.toBilling}
          </ButtonLink>
        </Result>
      );
    }
    case "paid": {
      const now = current?.id === payment.subscription_id ? current : null;
      const until = now?.status === "active" ? now.current_period_end : undefined;
      return (
        <Result
          {...(plan ? { seal: <Stamped level={plan.level} payment={payment} /> } : { icon: CircleCheck })}
          title={payment.kind === "plan_change" ? t.result.changedTitle : t.result.paidTitle}
          text={
            plan
              ? t.result.paidText(money(payment.amount, payment.currency), plan.level, s.name[plan.level])
              : t.result.paidAmount(money(payment.amount, payment.currency))
          }
        >
          {until && <p className="measure w-full">{t.result.paidUntil(date(until))}</p>}
          <ButtonLink to="/dashboard" variant="primary">
            {t.result.toDashboard}
          </ButtonLink>
          <ButtonLink to="/dashboard/organization/status">{t.result.toStatus}</ButtonLink>
        </Result>
      );
    }
    case "declined": {
      const [why, now] =
        t.declined[
          declineReason({ cancellation_reason: reason, cancellation_party: payment.cancellation_party })
        ];
      return (
        <Result
          icon={CircleAlert}
          tone="bad"
          title={t.result.declinedTitle}
          text={`${why ?? ""} ${t.result.nothingCharged} ${now ?? ""}`}
        >
          {toBilling}
        </Result>
      );
    }
    case "abandoned":
      return (
        <Result icon={Ban} title={t.result.abandonedTitle} text={t.result.abandonedText}>
          {toBilling}
        </Result>
      );
    case "left":
      return (
        <Result icon={Ban} title={t.result.leftTitle} text={t.result.leftText}>
          {toBilling}
        </Result>
      );
    case "used":
      return (
        <Result icon={CreditCard} tone="bad" title={b.trial.usedTitle} text={b.trial.used(hold)}>
          <ButtonLink to="/dashboard/billing" variant="primary">
            {t.result.toBilling}
          </ButtonLink>
        </Result>
      );
    case "unsaved":
      return (
        <Result
          icon={CreditCard}
          tone="bad"
          title={t.result.unsavedTitle}
          text={payment.kind === "card_check" ? t.result.unsavedCard(hold) : t.result.unsavedText(hold)}
        >
          {toBilling}
        </Result>
      );
    case "quarantined":
      return (
        <Result
          icon={UserSearch}
          title={isExtra(payment) ? t.result.extraTitle : t.result.quarantinedTitle}
          text={
            isExtra(payment)
              ? t.result.extraText(
                  money(payment.amount, payment.currency),
                  returnedWhy(payment, t.history.refundReason),
                )
              : t.result.quarantinedText
          }
        >
          <ButtonLink to="/dashboard/billing">{t.result.toBilling}</ButtonLink>
        </Result>
      );
  }
}

/** The seal that was paid for, stamped when the answer is seen for the first time. */
function Stamped({ level, payment }: { level: StatusLevel; payment: Transaction }) {
  return <Seal face={{ level }} size={120} stamped={useIsNewPayment(level, payment.id)} />;
}

/** Why money goes back by itself, in words that stand after a colon. */
const returnedWhy = (
  { quarantine_reason }: Transaction,
  reasons: Readonly<Partial<Record<string, string>>>,
): string => reasons[quarantine_reason ?? ""] ?? "";

/** One answer on the page: a picture, what happened, what now. The heading takes the focus when the answer comes. */
function Result({
  icon,
  seal,
  title,
  text,
  tone,
  isWaiting,
  children,
}: {
  icon?: LucideIcon;
  seal?: ReactNode;
  title: string;
  text: string;
  tone?: "bad";
  isWaiting?: boolean;
  children?: ReactNode;
}) {
  const heading = useArrival();
  useEffect(() => {
    if (!isWaiting) heading.current?.focus({ preventScroll: true });
  }, [heading, isWaiting, title]);
  return (
    <div className="flex max-w-2xl flex-col gap-6 py-2 sm:flex-row sm:gap-8" aria-busy={isWaiting}>
      <PageTitle>{title}</PageTitle>
      {seal ?? (
        <span
          className={tone === "bad" ? "text-bad" : isWaiting ? "animate-pulse text-accent" : "text-muted"}
        >
          {icon && <Icon of={icon} size={56} />}
        </span>
      )}
      <div className="flex min-w-0 flex-col gap-4">
        <h1 ref={heading} tabIndex={-1} className="text-2xl">
          {title}
        </h1>
        <p className="measure" role={isWaiting ? "status" : undefined}>
          {text}
        </p>
        <div className="flex flex-wrap gap-3">{children}</div>
      </div>
    </div>
  );
}

/** Seconds since the page opened. */
function useSeconds(): number {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const from = Date.now();
    const timer = setInterval(() => setSeconds(Math.round((Date.now() - from) / 1000)), 1000);
    return () => clearInterval(timer);
  }, []);
  return seconds;
}

const isUuid = (text: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
