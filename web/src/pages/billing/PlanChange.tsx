import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, type ReactNode } from "react";
import {
  planChangeQuote,
  type ChosenPlan,
  type PlanChangeQuote,
  type SubscriptionOverview,
} from "../../api/billing";
import { keys } from "../../api/keys";
import { Button } from "../../design/Button";
import { Dialog } from "../../design/Dialog";
import { ErrorState, Loading, SkeletonLines } from "../../design/States";
import { Money } from "../../design/Values";
import { billingTexts } from "../../i18n/billing";
import { common } from "../../i18n/common";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { useLocale } from "../../i18n/locale";
import { statusTexts } from "../../i18n/status";
import { CheckoutTrouble } from "./CheckoutTrouble";
import { days, planTitle } from "./plans";
import { useCheckout } from "./useCheckout";

/** What another plan costs today, line by line, before anything is paid. */
export function PlanChange({
  subscription,
  to,
  timeZone,
  onClose,
}: {
  subscription: SubscriptionOverview;
  to: ChosenPlan;
  timeZone: string;
  onClose: () => void;
}) {
  const t = useTexts(billingTexts);
  const c = useTexts(common);
  const s = useTexts(statusTexts);
  const { language } = useLocale();
  const { money, date } = useFormats(timeZone);
  const queries = useQueryClient();
  const { organization_id: organizationId, plan: from } = subscription;
  const checkout = useCheckout(organizationId);
  const quote = useQuery(planChangeQuote(organizationId, to.id));

  useEffect(() => {
    if (checkout.trouble === "another-amount")
      void queries.invalidateQueries({ queryKey: keys.planChangeQuote(organizationId) });
  }, [checkout.trouble, queries, organizationId]);

  return (
    <Dialog open onClose={onClose} title={t.change.title(planTitle(to, language))}>
      {quote.data ? (
        <>
          <Arithmetic quote={quote.data} from={from} to={to} />
          <p>
            {t.change.period(date(quote.data.period_end))}{" "}
            {t.change.then[to.period](money(to.amount, to.currency))}
            {to.level !== from.level && ` ${t.change.levelToo(to.level, s.name[to.level])}`}
            {subscription.cancel_at_period_end && ` ${t.change.resumes}`}
          </p>
          {quote.data.coming_price && (
            <p>
              {t.change.comingPrice(
                money(quote.data.coming_price.amount, quote.data.currency),
                date(quote.data.coming_price.valid_from),
              )}
            </p>
          )}
        </>
      ) : quote.isError ? (
        <ErrorState error={quote.error} retry={() => void quote.refetch()} />
      ) : (
        <Loading>
          <SkeletonLines count={4} />
        </Loading>
      )}
      <CheckoutTrouble checkout={checkout} />
      <div className="flex flex-col-reverse gap-3 sm:flex-row sm:justify-end">
        <Button onClick={onClose}>{c.cancel}</Button>
        {quote.data && (
          <Button
            variant="primary"
            pending={checkout.pending && t.plans.opening}
            onClick={() =>
              void checkout.start({ plan_id: to.id, kind: "plan_change", expected: quote.data.amount })
            }
          >
            {t.change.action(money(quote.data.amount, quote.data.currency))}
          </Button>
        )}
      </div>
    </Dialog>
  );
}

function Arithmetic({ quote, from, to }: { quote: PlanChangeQuote; from: ChosenPlan; to: ChosenPlan }) {
  const t = useTexts(billingTexts).change;
  const { language } = useLocale();
  const { money } = useFormats();
  const bonus = quote.lines.find((line) => line.kind === "bonus_days");
  const isMinimum = quote.lines.some(({ kind }) => kind === "minimum");
  return (
    <div>
      <dl className="flex flex-col">
        {quote.lines.map((line) => {
          switch (line.kind) {
            case "price":
              return (
                <Line
                  key={line.kind}
                  name={t.price(planTitle(to, language))}
                  value={<Money amount={line.amount} />}
                />
              );
            case "credit":
              return (
                <Line
                  key={line.kind}
                  name={t.credit(days(line.days, language), planTitle(from, language))}
                  note={[
                    t.formula(money(line.of_amount), line.days, line.of_days),
                    ...(line.is_less_refunds ? [t.lessRefunds] : []),
                  ].join(", ")}
                  value={
                    <>
                      −<Money amount={quote.credit} />
                    </>
                  }
                />
              );
            case "minimum":
              return (
                <Line
                  key={line.kind}
                  name={bonus ? t.bonus(money(line.amount), days(bonus.days, language)) : t.rest}
                  value={
                    <>
                      +<Money amount={line.amount} />
                    </>
                  }
                />
              );
            case "bonus_days":
              return null; // told with the minimum, which they come from
          }
        })}
        <div className="flex items-baseline justify-between gap-4 pt-3 text-lg font-semibold">
          <dt>{t.total}</dt>
          <dd>
            <Money amount={quote.amount} currency={quote.currency} />
          </dd>
        </div>
      </dl>
      {isMinimum && <p className="text-sm text-muted">{t.minimum}</p>}
    </div>
  );
}

function Line({ name, note, value }: { name: string; note?: string; value: ReactNode }) {
  return (
    <div className="flex items-baseline justify-between gap-4 border-b border-line py-2">
      <dt className="min-w-0">
        {name}
        {note && <span className="block text-sm text-muted">{note}</span>}
      </dt>
      <dd className="shrink-0">{value}</dd>
    </div>
  );
}
