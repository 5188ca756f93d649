import { clsx } from "clsx";
import { useId, useState, type ReactNode } from "react";
import { Link } from "react-router";
import type { Offer } from "../../api/billing";
import { Button } from "../../design/Button";
import { billingTexts } from "../../i18n/billing";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { useLocale } from "../../i18n/locale";
import { statusTexts } from "../../i18n/status";
import { Seal } from "../../status/Seal";
import { days } from "./plans";

const periods = ["month", "year"] as const;
type Period = (typeof periods)[number];

/**
 * What can be bought, level beside level: a row for each thing in which they differ. On a phone a row's name stands above
 * its values.
 */
export function PlanTable({
  plans,
  currentPlanId,
  mayPay,
  primaryPlanId,
  pending,
  until,
  onPay,
  onChange,
}: {
  plans: readonly Offer[];
  /** The plan of a live subscription. */
  currentPlanId: string | undefined;
  mayPay: boolean;
  /** The one button that is the next step. */
  primaryPlanId: string | undefined;
  pending: string | undefined;
  /** The day the paid period ends. */
  until: string | undefined;
  onPay: (plan: Offer) => void;
  onChange: (plan: Offer) => void;
}) {
  const t = useTexts(billingTexts);
  const s = useTexts(statusTexts);
  const { language } = useLocale();
  const { money, count } = useFormats();
  const name = useId();
  const held = plans.find(({ id }) => id === currentPlanId)?.period;
  const [chosen, setChosen] = useState<Period>();
  const period = chosen ?? held ?? plans[0]?.period ?? "month";
  const levels = [...new Set(plans.map(({ level }) => level))].map((level) => ({
    level,
    ofLevel: plans.filter((plan) => plan.level === level),
    plan: plans.find((plan) => plan.level === level && plan.period === period),
  }));
  type Column = (typeof levels)[number];

  const limit = (value: number | null | undefined) => (value == null ? t.plans.unlimited : count(value));
  const rows: { title: string; cell: (column: Column) => ReactNode }[] = [
    {
      title: t.plans.rows.price,
      cell: ({ plan }) =>
        plan && (
          <>
            <span className="text-xl font-semibold whitespace-nowrap">{money(plan.amount)}</span>{" "}
            {t.perPeriod[plan.period]}
            {plan.saving && (
              <span className="block text-sm text-muted">{t.plans.saving(money(plan.saving))}</span>
            )}
          </>
        ),
    },
    {
      title: t.plans.rows.says,
      cell: ({ level }) => <span className="text-muted">{s.meaning[level]}</span>,
    },
    ...(["qr_codes", "stories_per_month", "members"] as const).map((key) => ({
      title: t.plans.rows[key],
      cell: ({ plan, ofLevel }: Column) => limit((plan ?? ofLevel[0])?.limits[key]),
    })),
    {
      title: t.plans.rows.trial,
      cell: ({ plan }) => (plan && plan.trial_days > 0 ? days(plan.trial_days, language) : t.plans.noTrial),
    },
    {
      title: t.plans.rows.papers,
      cell: ({ ofLevel }) =>
        ofLevel.some((plan) => plan.requires_verification) ? t.plans.papersNeeded : t.plans.papersNotNeeded,
    },
    {
      title: t.plans.rows.choose,
      cell: ({ plan, ofLevel }) => (
        <div className="flex flex-col items-start gap-2">
          {plan && plan.id === currentPlanId && <span className="text-good">{t.plans.current}</span>}
          {plan && (plan.offer === "pay" || plan.offer === "change") && (
            <Button
              variant={plan.id === primaryPlanId ? "primary" : "secondary"}
              className="max-sm:w-full"
              pending={pending === plan.id && t.plans.opening}
              onClick={() => (plan.offer === "pay" ? onPay(plan) : onChange(plan))}
            >
              {plan.offer === "pay" ? t.plans.pay : t.change.open}
              <span className="sr-only"> {t.plans.price(money(plan.amount), t.perPeriod[plan.period])}</span>
            </Button>
          )}
          <Obstacle plans={ofLevel} mayPay={mayPay} until={until} />
        </div>
      ),
    },
  ];
  const hasBoth = periods.every((each) => plans.some((plan) => plan.period === each));

  /* eslint-disable jsx-a11y-x/no-redundant-roles, jsx-a11y-x/no-interactive-element-to-noninteractive-role --
     The roles are written out because a table laid out as blocks loses them in some browsers. */
  return (
    <div className="flex flex-col gap-4">
      {hasBoth && (
        <fieldset className="flex w-fit max-w-full gap-1 rounded-md border border-line bg-sunken p-1">
          <legend className="sr-only">{t.plans.period}</legend>
          {periods.map((each) => (
            <label
              key={each}
              className={clsx(
                "relative flex min-h-10 items-center rounded-sm px-4 has-focus-visible:outline-2 has-focus-visible:outline-focus",
                each === period ? "bg-raised font-semibold ring-1 ring-edge" : "text-muted hover:text-ink",
              )}
            >
              <input
                type="radio"
                name={name}
                value={each}
                checked={each === period}
                className="absolute inset-0 cursor-pointer opacity-0"
                onChange={() => setChosen(each)}
              />
              {t.plans.by[each]}
            </label>
          ))}
        </fieldset>
      )}
      <table role="table" className="block w-full border-collapse sm:table sm:table-fixed">
        <caption className="sr-only">{t.plans.title}</caption>
        <thead role="rowgroup" className="block sm:table-header-group">
          <tr role="row" className="grid grid-cols-2 gap-x-4 sm:table-row">
            <td role="cell" className="hidden sm:table-cell sm:w-1/4" />
            {levels.map(({ level }) => (
              <th
                key={level}
                role="columnheader"
                scope="col"
                className="pb-3 text-left align-bottom font-normal sm:pr-6"
              >
                <span className="flex flex-wrap items-center gap-x-3 gap-y-1 max-[359px]:flex-col max-[359px]:items-start">
                  <Seal face={{ level }} size={48} />
                  <span className="flex flex-col">
                    <span className="text-sm text-muted">{s.status(level)}</span>
                    <span className="text-lg font-semibold">{s.name[level]}</span>
                  </span>
                </span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup" className="block sm:table-row-group">
          {rows.map((row) => (
            <tr
              key={row.title}
              role="row"
              className="grid grid-cols-2 gap-x-4 border-t border-line py-2.5 sm:table-row sm:py-0"
            >
              <th
                role="rowheader"
                scope="row"
                className="col-span-2 pb-0.5 text-left text-sm font-normal text-muted sm:py-3 sm:pr-6 sm:align-top sm:text-base"
              >
                {row.title}
              </th>
              {levels.map((column) => (
                <td key={column.level} role="cell" className="min-w-0 sm:py-3 sm:pr-6 sm:align-top">
                  {row.cell(column) ?? t.plans.none}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Why a level cannot be chosen now, and what helps. */
function Obstacle({
  plans,
  mayPay,
  until,
}: {
  plans: readonly Offer[];
  mayPay: boolean;
  until: string | undefined;
}) {
  const t = useTexts(billingTexts).plans;
  const obstacles = plans.map(({ why }) => why);
  const isReviewed = obstacles.includes("verification_pending");
  if (
    isReviewed ||
    obstacles.includes("verification_required") ||
    (!mayPay && plans.some((plan) => plan.requires_verification))
  ) {
    return (
      <span className="text-sm text-muted">
        {isReviewed ? t.verificationPending : t.needsVerification}{" "}
        {mayPay && !isReviewed && (
          <Link to="/dashboard/organization/status" className="link inline-block min-h-6">
            {t.askVerification}
          </Link>
        )}
      </span>
    );
  }
  if (obstacles.includes("lower_level") && until)
    return <span className="text-sm text-muted">{t.lower(until)}</span>;
  return null;
}
