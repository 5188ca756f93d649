import { useId, useState } from "react";
import type { Offer } from "../../api/billing";
import { Button } from "../../design/Button";
import { Card } from "../../design/Page";
import { billingTexts } from "../../i18n/billing";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { Seal } from "../../status/Seal";
import { holdAmount } from "./plans";

/** The trial: what is held now, what is charged later and on which day, before anything is pressed. */
export function TrialOffer({
  plans,
  timeZone,
  pending,
  onStart,
}: {
  /** Those that have a trial; not empty. */
  plans: readonly [Offer, ...Offer[]];
  timeZone: string;
  pending: boolean;
  onStart: (plan: Offer) => void;
}) {
  const t = useTexts(billingTexts);
  const formats = useFormats(timeZone);
  const name = useId();
  const [chosen, setChosen] = useState(plans[0].id);
  const plan = plans.find(({ id }) => id === chosen) ?? plans[0];

  return (
    <Card className="flex flex-col gap-6 sm:flex-row sm:gap-8 sm:p-8">
      <Seal face={{ level: "0" }} size={96} />
      <div className="flex min-w-0 flex-1 flex-col gap-5">
        <div className="flex flex-col gap-2">
          <h2 className="text-xl">{t.trial.title(plan.trial_days)}</h2>
          <p>{t.trial.get}</p>
        </div>
        <fieldset className="flex flex-col gap-1">
          <legend className="mb-1 font-medium">{t.trial.choose}</legend>
          {plans.map((item) => (
            <label key={item.id} className="flex min-h-11 cursor-pointer items-center gap-3">
              <input
                type="radio"
                name={name}
                value={item.id}
                checked={item.id === plan.id}
                onChange={() => setChosen(item.id)}
                className="size-5 shrink-0 accent-ink"
              />
              <span>
                {t.plans.price(formats.money(item.amount), t.perPeriod[item.period])}
                {item.saving && (
                  <span className="text-muted">, {t.plans.saving(formats.money(item.saving))}</span>
                )}
              </span>
            </label>
          ))}
        </fieldset>
        <p className="measure">
          {t.trial.promise(
            formats.money(holdAmount),
            formats.money(plan.amount),
            plan.trial_until ? formats.date(plan.trial_until) : "",
          )}
        </p>
        <div className="flex flex-col items-start gap-3">
          <Button
            variant="primary"
            className="max-sm:w-full"
            pending={pending && t.plans.opening}
            onClick={() => onStart(plan)}
          >
            {t.trial.start(formats.money(holdAmount))}
          </Button>
          <p className="measure text-sm text-muted">
            {t.trial.consent(t.plans.price(formats.money(plan.amount), t.perPeriod[plan.period]))}{" "}
            {t.plans.provider}
          </p>
        </div>
      </div>
    </Card>
  );
}
