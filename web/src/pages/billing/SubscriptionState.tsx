import type { ReactNode } from "react";
import type { BillingOverview, SubscriptionOverview } from "../../api/billing";
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
import { planTitle } from "./plans";

/**
 * What is paid, until when, what we will charge next and from which card; why a charge failed and what happens
 * then. `mayPay` is false for somebody who may not see cards and payments. `actions` is what can be done about it.
 */
export function SubscriptionState({
  subscription,
  overview,
  mayPay,
  timeZone,
  actions,
}: {
  subscription: SubscriptionOverview;
  overview: BillingOverview;
  mayPay: boolean;
  timeZone: string;
  actions: ReactNode;
}) {
  const t = useTexts(billingTexts);
  const s = useTexts(statusTexts);
  const { language } = useLocale();
  const { money, date } = useFormats(timeZone);
  const { status, plan, level, current_period_end: end, grace_until } = subscription;
  const { cancel_at_period_end: isEnding, is_revoked: isRevoked } = subscription;
  const { next_charge, price_change, cards, ended, last_decline } = overview;
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

  if (ended) {
    return (
      <div className="flex flex-col gap-5">
        <Notice kind="warning" title={t.state.endedTitle(date(ended.at))}>
          {whyEnded(ended, t, money)} {t.state.endedText}
        </Notice>
        <Facts items={[facts.plan]} />
      </div>
    );
  }

  const price = money(next_charge?.amount ?? plan.amount, plan.currency);
  const card = cards.find(({ is_main }) => is_main);
  const underWay = mayPay && next_charge?.why_not === "under_way";
  const charged = (at: string): ReactNode => (
    <>
      {t.state.charge(price, date(at))}
      {card && <span className="text-muted">, {t.state.fromCard(cardName(card, t))}</span>}
    </>
  );
  const isCardGone = mayPay && !card;

  if (status === "past_due" && grace_until) {
    const [why] = last_decline ? t.declined[declineReason({ cancellation_reason: last_decline.reason })] : [];
    const next = last_decline?.next_try_at ?? next_charge?.at;
    const later = last_decline?.later_tries ?? [];
    const isWaitingForCard = isCardGone || !next;
    return (
      <div className="flex flex-col gap-5">
        {underWay ? (
          <Notice title={t.state.underWayTitle}>{t.state.underWay(price)}</Notice>
        ) : (
          <Notice kind="bad" title={t.state.past_due}>
            {why} {t.state.graceKept(level, date(grace_until), s.daysLeft(daysUntil(grace_until, timeZone)))}{" "}
            {mayPay && (isWaitingForCard ? t.state.willNotRetry : t.state.willRetry(date(next)))}
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
                        {later.map((at) => (
                          <li key={at}>
                            <DateTime at={at} show="short-date" timeZone={timeZone} />
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
        {mayPay && !underWay && <p className="measure text-sm text-muted">{t.state.newCardCharges}</p>}
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
          {mayPay &&
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
          ...(price_change
            ? [
                {
                  name: t.state.newPrice,
                  value: t.state.newPriceFrom(
                    money(price_change.to, price_change.currency),
                    date(price_change.applies_from),
                  ),
                },
              ]
            : []),
        ]}
      />
      {isCardGone && !underWay && (
        <Notice kind="warning">
          {status === "trialing" ? t.state.noCardTrial(date(end)) : t.state.noCardPaid(date(end), level)}
        </Notice>
      )}
      {mayPay && !isCardGone && !underWay && (
        <p className="measure text-sm text-muted">
          {t.state.then[plan.period]} {reminder} {t.state.mayCancel(date(end))}
        </p>
      )}
      {actions}
    </div>
  );
}

function whyEnded(
  { reason, amount, currency }: NonNullable<BillingOverview["ended"]>,
  t: (typeof billingTexts)["ru"],
  money: (amount: string, currency: string) => string,
): string | null {
  switch (reason) {
    case "refunded":
      return amount && t.state.endedRefunded(money(amount, currency));
    case "grace_period_ended":
      return t.state.endedGrace;
    case "subscription_cancelled":
      return t.state.endedByYou;
    case null:
      return null;
  }
}
