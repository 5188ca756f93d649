import type { PaymentMethod, Plan, Subscription } from "../../api/billing";
import { Notice } from "../../design/Notice";
import { Facts } from "../../design/Page";
import { DateTime } from "../../design/Values";
import { billingTexts } from "../../i18n/billing";
import { useTexts } from "../../i18n/dictionary";
import { daysUntil, useFormats } from "../../i18n/format";
import { useLocale } from "../../i18n/locale";
import { statusTexts } from "../../i18n/status";
import { cardName } from "./cards";
import { chargedCard, isLive, planTitle } from "./plans";

/** What is paid, until when, and what we will charge next. `methods` is null for somebody who may not see cards. */
export function SubscriptionState({
  subscription,
  plan,
  methods,
  timeZone,
}: {
  subscription: Subscription;
  plan: Plan | undefined;
  methods: readonly PaymentMethod[] | null;
  timeZone: string;
}) {
  const t = useTexts(billingTexts);
  const s = useTexts(statusTexts);
  const { language } = useLocale();
  const { money, date } = useFormats(timeZone);
  const { status, trial_ends_at, current_period_end, grace_until, cancel_at_period_end } = subscription;

  const end = status === "trialing" && trial_ends_at ? trial_ends_at : current_period_end;
  const card = methods && chargedCard(subscription, methods);
  const isCharged = (status === "trialing" || status === "active") && !cancel_at_period_end;
  const isCardGone = isCharged && methods !== null && !card;

  return (
    <div className="flex flex-col gap-5">
      <Facts
        items={[
          ...(plan
            ? [
                {
                  name: t.state.plan,
                  value: (
                    <>
                      {planTitle(plan, language)},{" "}
                      {t.plans.price(money(plan.amount), t.perPeriod[plan.period])}
                    </>
                  ),
                },
              ]
            : []),
          status === "trialing"
            ? {
                name: t.state.trialEnd,
                value: (
                  <>
                    <DateTime at={end} show="date" timeZone={timeZone} />,{" "}
                    {s.daysLeft(daysUntil(end, timeZone))}
                  </>
                ),
              }
            : {
                name: isLive(subscription) ? t.state.paidUntil : t.state.ended,
                value: (
                  <DateTime
                    at={isLive(subscription) ? end : (subscription.canceled_at ?? subscription.updated_at)}
                    show="date"
                    timeZone={timeZone}
                  />
                ),
              },
          ...(status === "past_due" && grace_until
            ? [
                {
                  name: t.state.grace,
                  value: (
                    <>
                      <DateTime at={grace_until} show="date" timeZone={timeZone} />,{" "}
                      {s.daysLeft(daysUntil(grace_until, timeZone))}
                    </>
                  ),
                },
              ]
            : []),
          ...(isCharged && plan
            ? [
                {
                  name: status === "trialing" ? t.state.firstCharge : t.state.nextCharge,
                  value: isCardGone ? (
                    t.state.noCard
                  ) : (
                    <>
                      {t.state.charge(money(plan.amount), date(end))}
                      {card && <span className="text-muted">, {t.state.fromCard(cardName(card, t))}</span>}
                    </>
                  ),
                },
              ]
            : []),
        ]}
      />
      {isCharged && !isCardGone && methods && <p className="measure text-sm text-muted">{t.state.remind}</p>}
      {isCardGone && (
        <Notice kind="warning">
          {status === "trialing" ? t.state.noCardTrial(date(end)) : t.state.noCardPaid(date(end))}
        </Notice>
      )}
      {cancel_at_period_end && isLive(subscription) && <Notice>{t.state.cancelAtEnd(date(end))}</Notice>}
      {status === "past_due" && grace_until && (
        <Notice kind="bad" title={t.state.past_due}>
          {t.state.graceText(date(grace_until))}
        </Notice>
      )}
      {!isLive(subscription) && <Notice kind="warning">{t.state.endedText}</Notice>}
    </div>
  );
}
