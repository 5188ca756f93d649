import type { ReactNode } from "react";
import type { BillingOverview, SubscriptionOverview } from "../../api/billing";
import { Notice } from "../../design/Notice";
import { Card, Facts } from "../../design/Page";
import { DateTime } from "../../design/Values";
import { billingTexts } from "../../i18n/billing";
import { useTexts } from "../../i18n/dictionary";
import { daysUntil, useFormats } from "../../i18n/format";
import { paymentTexts } from "../../i18n/payments";
import { statusTexts } from "../../i18n/status";
import { cardName } from "./cards";
import { declineReason } from "./outcome";
import { PeriodLine } from "./PeriodLine";

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
  const p = useTexts(paymentTexts);
  const s = useTexts(statusTexts);
  const { money, date } = useFormats(timeZone);
  const { status, plan, level, current_period_end: end, grace_until, grace_started_at } = subscription;
  const { cancel_at_period_end: isEnding, is_revoked: isRevoked } = subscription;
  const { next_charge, price_change, cards, ended, last_decline } = overview;
  const facts = {
    plan: {
      name: t.state.plan,
      value: `${s.name[plan.level]}, ${t.plans.price(money(plan.amount), t.perPeriod[plan.period])}`,
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
      <Card className="flex flex-col gap-5">
        <Notice kind="warning" title={t.state.endedTitle(date(ended.at))}>
          {whyEnded(ended, t, money)} {t.state.endedText}
        </Notice>
        <Facts items={[facts.plan]} />
      </Card>
    );
  }

  const price = money(next_charge?.amount ?? plan.amount, plan.currency);
  const card = cards.find(({ is_main }) => is_main);
  const underWay = mayPay && next_charge?.why_not === "under_way";
  const charged = (at: string): ReactNode => (
    <>
      <strong className="text-2xl font-semibold">{price}</strong>
      {t.state.onDate(date(at))}
      {card && <span className="text-muted">, {t.state.fromCard(cardName(card, t))}</span>}
    </>
  );
  const isCardGone = mayPay && !card;
  const none = (why: string) => <strong className="text-xl font-semibold">{why}</strong>;

  if (status === "past_due" && grace_until) {
    const [why] = last_decline ? p.declined[declineReason({ cancellation_reason: last_decline.reason })] : [];
    const next = last_decline?.next_try_at ?? next_charge?.at;
    const later = last_decline?.later_tries ?? [];
    const isWaitingForCard = isCardGone || !next;
    return (
      <Card className="flex flex-col gap-6 sm:p-6">
        {underWay ? (
          <Notice title={t.state.underWayTitle}>{t.state.underWay(price)}</Notice>
        ) : (
          <Notice kind="bad" title={t.state.past_due}>
            {why} {t.state.graceKept(level, date(grace_until), s.daysLeft(daysUntil(grace_until, timeZone)))}{" "}
            {mayPay && (isWaitingForCard ? t.state.willNotRetry : t.state.willRetry(date(next)))}
          </Notice>
        )}
        <Lead
          name={t.state.nextRetry}
          value={
            underWay
              ? none(t.state.chargingNow)
              : isCardGone
                ? none(t.state.noCard)
                : next
                  ? charged(next)
                  : none(t.state.noRetry)
          }
        />
        <PeriodLine
          from={grace_started_at ?? end}
          to={grace_until}
          begun={t.state.line.begun.grace}
          ends={t.state.line.ends.revoked}
          tries={underWay || isWaitingForCard ? [] : [next, ...later]}
          isBad
          timeZone={timeZone}
        />
        <Others
          items={[
            facts.plan,
            facts.until(t.state.grace, grace_until),
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
        {mayPay && !underWay && <p className="measure text-muted">{t.state.newCardCharges}</p>}
        {actions}
      </Card>
    );
  }

  const isTrial = status === "trialing";
  const untilName = isTrial ? t.state.trialEnd : t.state.paidUntil;
  const chargeName = isTrial ? t.state.firstCharge : t.state.nextCharge;
  const isCharged = !isEnding && !isCardGone;
  const line = (
    <PeriodLine
      from={subscription.current_period_start}
      to={end}
      begun={isTrial ? t.state.line.begun.trial : t.state.line.begun.period}
      ends={
        isEnding ? t.state.line.ends.over : isCharged ? t.state.line.ends.charge : t.state.line.ends.unpaid
      }
      timeZone={timeZone}
    />
  );
  if (isEnding) {
    return (
      <Card className="flex flex-col gap-6 sm:p-6">
        <Notice kind="warning" title={t.state.endingTitle(date(end))}>
          {isRevoked ? t.state.endingRevoked : t.state.endingText(date(end), level)}{" "}
          {mayPay &&
            !isRevoked &&
            (card
              ? t.state.resumeThen(price, date(end), cardName(card, t))
              : t.state.resumeNoCard(date(end)))}
        </Notice>
        <Lead name={chargeName} value={none(t.state.noCharge)} />
        {line}
        <Others items={[facts.state, facts.plan, facts.until(untilName, end)]} />
        {actions}
      </Card>
    );
  }

  const reminder = isTrial ? t.state.remind.trial : plan.period === "year" && t.state.remind.year;
  return (
    <Card className="flex flex-col gap-6 sm:p-6">
      {underWay && <Notice title={t.state.underWayTitle}>{t.state.underWay(price)}</Notice>}
      {isCardGone && !underWay && (
        <Notice kind="warning">
          {isTrial ? t.state.noCardTrial(date(end)) : t.state.noCardPaid(date(end), level)}
        </Notice>
      )}
      <Lead
        name={chargeName}
        value={underWay ? none(t.state.chargingNow) : isCardGone ? none(t.state.noCard) : charged(end)}
      />
      {line}
      <Others
        items={[
          facts.state,
          facts.plan,
          facts.until(untilName, end),
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
      {mayPay && !isCardGone && !underWay && (
        <p className="measure text-muted">
          {t.state.then[plan.period]} {reminder} {t.state.ifDeclined(level)} {t.state.mayCancel(date(end))}
        </p>
      )}
      {actions}
    </Card>
  );
}

/** What the card is about: the sum, the day, the card it goes from; or that nothing will be charged. */
function Lead({ name, value }: { name: string; value: ReactNode }) {
  return (
    <dl>
      <div className="flex flex-col gap-0.5">
        <dt className="text-sm text-muted">{name}</dt>
        <dd>{value}</dd>
      </div>
    </dl>
  );
}

function Others({ items }: { items: readonly { name: string; value: ReactNode }[] }) {
  return (
    <dl className="grid gap-x-8 gap-y-3 sm:grid-cols-2 lg:grid-cols-3">
      {items.map(({ name, value }) => (
        <div key={name} className="flex flex-col gap-0.5">
          <dt className="text-sm text-muted">{name}</dt>
          <dd className="min-w-0">{value}</dd>
        </div>
      ))}
    </dl>
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
