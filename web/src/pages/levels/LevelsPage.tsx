import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { plans, type Plan } from "../../api/billing";
import { levelCCriteria, type StatusLevel } from "../../api/statuses";
import { useSession } from "../../shared/session";
import { ButtonLink } from "../../design/Button";
import { PageHeader, Section, useDescription } from "../../design/Page";
import { Loaded, Skeleton, SkeletonLines } from "../../design/States";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { levelsTexts } from "../../i18n/levels";
import { statusTexts } from "../../i18n/status";
import { Seal } from "../../status/Seal";

/** What a buyer may and may not conclude from a level. Paid and earned ones stand apart. */
export function LevelsPage() {
  const t = useTexts(levelsTexts);
  const { status } = useSession();
  useDescription(t.description);
  const isKnown = status === "signed-in" || status === "expired";
  return (
    <div className="flex flex-col gap-12">
      <PageHeader
        title={t.title}
        lead={t.lead}
        action={
          <ButtonLink to={isKnown ? "/dashboard/organization/status" : "/sign-up"} variant="primary">
            {isKnown ? t.dashboard : t.start}
          </ButtonLink>
        }
      />
      <Contents />
      <Group title={t.paid} help={t.paidHelp} levels={["0", "A"]} />
      <Group title={t.earned} help={t.earnedHelp} levels={["B", "C"]} />
      <Section title={t.rules}>
        <ul className="measure flex flex-col gap-2">
          {t.rulesList.map((rule) => (
            <li key={rule} className="border-t border-line pt-2">
              {rule}
            </li>
          ))}
        </ul>
      </Section>
    </div>
  );
}

function Contents() {
  const t = useTexts(levelsTexts);
  const s = useTexts(statusTexts);
  return (
    <nav aria-label={t.contents}>
      <ul className="flex flex-wrap gap-x-6 gap-y-3 lg:gap-x-8">
        {(["0", "A", "B", "C"] as const).map((level) => (
          <li key={level}>
            <a href={`#level-${level}`} className="flex min-h-11 items-center gap-3 hover:underline">
              <Seal face={{ level }} size={40} />
              <span className="flex flex-col leading-tight">
                <span className="text-sm text-muted">{s.status(level)}</span>
                <span className="font-semibold">{s.name[level]}</span>
              </span>
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Group({ title, help, levels }: { title: string; help: string; levels: readonly StatusLevel[] }) {
  return (
    <section className="flex flex-col gap-8 border-t-2 border-ink pt-5">
      <div>
        <h2 className="text-xl">{title}</h2>
        <p className="measure text-muted">{help}</p>
      </div>
      <div className="grid gap-x-10 gap-y-12 lg:grid-cols-2">
        {levels.map((level) => (
          <Level key={level} level={level} />
        ))}
      </div>
    </section>
  );
}

function Level({ level }: { level: StatusLevel }) {
  const t = useTexts(levelsTexts);
  const s = useTexts(statusTexts);
  const list = useQuery(plans());
  const words = t.level[level];
  const trialDays = Math.max(0, ...(list.data ?? []).map(({ trial_days }) => trial_days));
  return (
    <article id={`level-${level}`} className="flex scroll-mt-6 flex-col gap-5">
      <div className="flex items-center gap-4">
        <Seal face={{ level }} size={72} />
        <div>
          <p className="text-muted">{s.status(level)}</p>
          <h3 className="text-xl">{s.name[level]}</h3>
        </div>
      </div>
      <dl className="flex flex-col gap-3">
        <Line name={t.says}>{s.meaning[level]}</Line>
        <Line name={t.silent}>{words.silent}</Line>
        <Line name={t.get}>{words.get}</Line>
        {level === "C" && (
          <Line name={t.criteria}>
            <Criteria />
          </Line>
        )}
        <Line name={t.keep}>
          {typeof words.keep === "string" ? (
            words.keep
          ) : (
            <Loaded query={list} skeleton={<Skeleton className="h-5 w-56 max-w-full" />}>
              {() => typeof words.keep !== "string" && words.keep(trialDays)}
            </Loaded>
          )}
        </Line>
        <Line name={t.lose}>{words.lose}</Line>
        <Line name={t.price}>
          {"price" in words ? (
            words.price
          ) : (
            <Loaded query={list} skeleton={<Skeleton className="h-5 w-56 max-w-full" />}>
              {(all) => <Price plans={all.filter((plan) => plan.level === level)} />}
            </Loaded>
          )}
        </Line>
      </dl>
    </article>
  );
}

function Line({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="border-t border-line pt-2">
      <dt className="text-sm text-muted">{name}</dt>
      <dd className="measure">{children}</dd>
    </div>
  );
}

function Criteria() {
  const t = useTexts(levelsTexts);
  const { count } = useFormats();
  return (
    <Loaded query={useQuery(levelCCriteria())} skeleton={<SkeletonLines count={3} />}>
      {(list) => (
        <ul className="flex flex-col gap-1">
          {list.map(({ key, required, window_days }) => (
            <li key={key}>{t.criterion[key](count(required), window_days)}</li>
          ))}
        </ul>
      )}
    </Loaded>
  );
}

function Price({ plans: list }: { plans: readonly Plan[] }) {
  const t = useTexts(levelsTexts);
  const { money } = useFormats();
  const month = list.find(({ period }) => period === "month");
  const year = list.find(({ period }) => period === "year");
  if (!month) return null;
  const monthly = money(month.amount, month.currency);
  return (
    <>
      <span className="block font-semibold">
        {year ? t.prices(monthly, money(year.amount, year.currency)) : t.priceMonth(monthly)}
      </span>
      {month.trial_days > 0 && t.trial(month.trial_days)}
      {month.requires_verification && t.check}
    </>
  );
}
