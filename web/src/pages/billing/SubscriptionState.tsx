import type { ReactNode } from "react";
import type { PaymentMethod, Plan, RetryAttempt, Subscription, Transaction } from "../../api/billing";
import { Notice } from "../../design/Notice";
import { Facts } from "../../design/Page";
import { DateTime } from "../../design/Values";
import { billingTexts } from "../../i18n/billing";
import { useTexts } from "../../i18n/dictionary";
import { daysUntil, useFormats } from "../../i18n/format";
import { useLocale } from "../../i18n/locale";
import { statusTexts } from "../../i18n/status";
import { cardName } from "./cards";
import { declineReason } from "./outcome";
import {
  chargedCard,
  chargeUnderWay,
  endOf,
  isLive,
  lastDecline,
  levelHeldBy,
  planTitle,
  refundedPayment,
} from "./plans";

/** What only those who pay may see of a subscription. */
export type Billed = {
  methods: readonly PaymentMethod[];
  transactions: readonly Transaction[];
  retries: readonly RetryAttempt[];
};

/**
 * What is paid, until when, what we will charge next and from which card; why a charge failed and what happens
 * then. `isRevoked`: it runs out because we took its level away. `billed` is null for somebody who may not see
 * cards and payments. `actions` is what can be done about it.
 */
export function SubscriptionState({
  subscription,
  plan,
  isRevoked,
  billed,
  timeZone,
  actions,
}: {
  subscription: Subscription;
  plan: Plan;
  isRevoked: boolean;
  billed: Billed | null;
  timeZone: string;
  actions: ReactNode;
}) {
  const t = useTexts(billingTexts);
  const s = useTexts(statusTexts);
  const { language } = useLocale();
  const { money, date } = useFormats(timeZone);
  const { status, current_period_end: end, grace_until, cancel_at_period_end: isEnding } = subscription;
  const facts = {
    plan: {
      name: t.state.plan,
      value: (
        <>
          {planTitle(plan, language)}, {t.plans.price(money(plan.amount), t.perPeriod[plan.period])}
        </>
      ),
    },
    state: { name: t.state.state, value: isEnding ? t.state.ending : t.state[status] },
    until: (name: string, at: string) => ({
      name,
      value: (
        <>
          <DateTime at={at} show="date" timeZone={timeZone} />
          {`, ${s.daysLeft(daysUntil(at, timeZone))}`}
        </>
      ),
    }),
  };

  if (!isLive(subscription)) {
    const refunded = billed && refundedPayment(subscription, billed.transactions);
    const endedAt = endOf(subscription, refunded !== undefined && refunded !== null);
    return (
      <div className="flex flex-col gap-5">
        <Notice kind="warning" title={t.state.endedTitle(date(endedAt))}>
          {refunded
            ? t.state.endedRefunded(money(refunded.amount, refunded.currency))
            : status === "expired"
              ? t.state.endedGrace
              : isEnding
                ? t.state.endedByYou
                : null}{" "}
          {t.state.endedText}
        </Notice>
        <Facts items={[facts.plan]} />
      </div>
    );
  }

  const price = money(plan.amount, plan.currency);
  const level = levelHeldBy(subscription, plan);
  const card = billed && chargedCard(subscription, billed.methods);
  const underWay = billed && chargeUnderWay(subscription, billed.transactions);
  const charged = (at: string): ReactNode => (
    <>
      {t.state.charge(price, date(at))}
      {card && <span className="text-muted">, {t.state.fromCard(cardName(card, t))}</span>}
    </>
  );
  const isCardGone = billed !== null && !card;

  if (status === "past_due" && grace_until) {
    const decline = billed && lastDecline(subscription, billed.transactions);
    const [why] = decline
      ? t.declined[declineReason(decline)]
      : isCardGone
        ? t.declined.no_payment_method
        : [];
    const next = subscription.next_charge_at;
    const isWaitingForCard = isCardGone || !next;
    const later = (billed?.retries ?? []).filter(
      ({ outcome, attempted_at, scheduled_at }) =>
        outcome === null && attempted_at === null && next && scheduled_at > next,
    );
    return (
      <div className="flex flex-col gap-5">
        {underWay ? (
          <Notice title={t.state.underWayTitle}>{t.state.underWay(price)}</Notice>
        ) : (
          <Notice kind="bad" title={t.state.past_due}>
            {why} {t.state.graceKept(level, date(grace_until), s.daysLeft(daysUntil(grace_until, timeZone)))}{" "}
            {billed && (isWaitingForCard ? t.state.willNotRetry : t.state.willRetry(date(next)))}
          </Notice>
        )}
        <Facts
          items={[
            facts.plan,
            facts.until(t.state.grace, grace_until),
            {
              name: t.state.nextRetry,
              value: underWay
                ? t.state.chargingNow
                : isCardGone
                  ? t.state.noCard
                  : next
                    ? charged(next)
                    : t.state.noRetry,
            },
            ...(later.length > 0 && !underWay
              ? [
                  {
                    name: t.state.laterRetries,
                    value: (
                      <ul className="flex flex-wrap gap-x-3">
                        {later.map(({ id, scheduled_at }) => (
                          <li key={id}>
                            <DateTime at={scheduled_at} show="short-date" timeZone={timeZone} />
                          </li>
                        ))}
                      </ul>
                    ),
                  },
                ]
              : []),
          ]}
        />
        {actions}
        {billed && !underWay && <p className="measure text-sm text-muted">{t.state.newCardCharges}</p>}
      </div>
    );
  }

  const untilName = status === "trialing" ? t.state.trialEnd : t.state.paidUntil;
  const chargeName = status === "trialing" ? t.state.firstCharge : t.state.nextCharge;
  if (isEnding) {
    return (
      <div className="flex flex-col gap-5">
        <Notice kind="warning" title={t.state.endingTitle(date(end))}>
          {isRevoked ? t.state.endingRevoked : t.state.endingText(date(end), level)}{" "}
          {billed &&
            !isRevoked &&
            (card
              ? t.state.resumeThen(price, date(end), cardName(card, t))
              : t.state.resumeNoCard(date(end)))}
        </Notice>
        <Facts
          items={[
            facts.state,
            facts.plan,
            facts.until(untilName, end),
            { name: chargeName, value: t.state.noCharge },
          ]}
        />
        {actions}
      </div>
    );
  }

  const reminder =
    status === "trialing" ? t.state.remind.trial : plan.period === "year" && t.state.remind.year;
  return (
    <div className="flex flex-col gap-5">
      {underWay && <Notice title={t.state.underWayTitle}>{t.state.underWay(price)}</Notice>}
      <Facts
        items={[
          facts.state,
          facts.plan,
          facts.until(untilName, end),
          {
            name: chargeName,
            value: underWay ? t.state.chargingNow : isCardGone ? t.state.noCard : charged(end),
          },
        ]}
      />
      {isCardGone && !underWay && (
        <Notice kind="warning">
          {status === "trialing" ? t.state.noCardTrial(date(end)) : t.state.noCardPaid(date(end), level)}
        </Notice>
      )}
      {billed && !isCardGone && !underWay && (
        <p className="measure text-sm text-muted">
          {t.state.then[plan.period]} {reminder} {t.state.mayCancel(date(end))}
        </p>
      )}
      {actions}
    </div>
  );
}
