import { useQuery } from "@tanstack/react-query";
import { plans, type Plan } from "../../api/billing";
import { Loaded, Skeleton } from "../../design/States";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { home } from "../../i18n/home";
import { statusTexts } from "../../i18n/status";
import { Seal } from "../../status/Seal";

/** The plans as the database has them, one column per level. */
export function Prices() {
  return (
    <Loaded
      query={useQuery(plans())}
      skeleton={
        <div className="grid gap-6 lg:grid-cols-2">
          <Skeleton className="h-80 rounded-md" />
          <Skeleton className="h-80 rounded-md" />
        </div>
      }
    >
      {(list) => (
        <div className="grid gap-6 lg:grid-cols-2">
          {(["A", "B"] as const).map((level) => {
            const month = list.find((plan) => plan.level === level && plan.period === "month");
            const year = list.find((plan) => plan.level === level && plan.period === "year");
            return month && <Price key={level} level={level} month={month} year={year} />;
          })}
        </div>
      )}
    </Loaded>
  );
}

function Price({ level, month, year }: { level: "A" | "B"; month: Plan; year: Plan | undefined }) {
  const t = useTexts(home).prices;
  const s = useTexts(statusTexts);
  const { money, count } = useFormats();
  const saving = year && 12 * month.amount - year.amount;
  return (
    <div className="flex flex-col gap-5 rounded-md border border-line bg-raised p-5 sm:p-6">
      <div className="flex items-center gap-3">
        <Seal face={{ level }} size={40} />
        <h3 className="text-lg">
          {s.status(level)} · {s.name[level]}
        </h3>
      </div>
      <div>
        <p>
          <span className="text-3xl font-bold tracking-tight">{money(month.amount, month.currency)}</span>{" "}
          {t.perMonth}
        </p>
        {year && (
          <p className="text-muted">
            {t.perYear(money(year.amount, year.currency))}
            {saving !== undefined && saving > 0 && <>, {t.saving(money(saving, year.currency))}</>}
          </p>
        )}
      </div>
      <ul className="grid grid-cols-[max-content_1fr] gap-x-3 gap-y-1 border-t border-line pt-4">
        {(["qr_codes", "stories_per_month", "members"] as const).map((limit) => {
          const value = month.limits[limit];
          return (
            value != null && (
              <li key={limit} className="col-span-2 grid grid-cols-subgrid">
                <span className="text-right font-semibold">{count(value)}</span>
                <span>{t.limits[limit](value)}</span>
              </li>
            )
          );
        })}
      </ul>
      <p className="mt-auto text-muted">
        {month.trial_days > 0 ? t.trial(month.trial_days) : month.requires_verification && t.verification}
      </p>
    </div>
  );
}
