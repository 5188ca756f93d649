import { clsx } from "clsx";
import { CircleCheck, CircleX, Hourglass, TriangleAlert, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import type { Overview, StateKind } from "../../api/overview";
import { mayActAs } from "../../api/organizations";
import { useOrganization } from "../../shared/organization";
import { ButtonLink } from "../../design/Button";
import { Icon } from "../../design/Icon";
import { Notice } from "../../design/Notice";
import { useTexts } from "../../i18n/dictionary";
import { daysUntil, useFormats } from "../../i18n/format";
import { useLocale } from "../../i18n/locale";
import { overviewTexts } from "../../i18n/overview";
import { statusTexts } from "../../i18n/status";
import { days } from "../billing/plans";

type Mood = "calm" | "good" | "bad";

const moods: Record<Mood, string> = {
  calm: "border-line bg-raised",
  good: "border-line bg-raised",
  bad: "border-bad bg-bad-soft",
};
const icons: Record<StateKind, LucideIcon> = {
  none: Hourglass,
  granted: CircleCheck,
  trialing: Hourglass,
  active: CircleCheck,
  ending: Hourglass,
  past_due: TriangleAlert,
  revoked: CircleX,
  ended: CircleX,
};
const iconLooks: Record<Mood, string> = { calm: "text-muted", good: "text-good", bad: "text-bad" };

/** Where the organization stands: the level, until when, what is charged next, and the one thing to do about it. */
export function StateStrip({ overview }: { overview: Overview }) {
  const t = useTexts(overviewTexts);
  const { state } = overview;
  return (
    <section aria-label={t.state.label} className="flex flex-col gap-3">
      {state.unfinished_payment && (
        <Notice
          title={t.unfinished.title}
          action={
            <ButtonLink size="small" to={`/dashboard/billing/return?transaction=${state.unfinished_payment}`}>
              {t.unfinished.action}
            </ButtonLink>
          }
        >
          {t.unfinished.text}
        </Notice>
      )}
      <Strip overview={overview} />
    </section>
  );
}

function Strip({ overview }: { overview: Overview }) {
  const texts = useTexts(overviewTexts);
  const t = texts.state;
  const { language } = useLocale();
  const { timeZone } = useOrganization();
  const { date } = useFormats(timeZone);
  const { state, status } = overview;
  const level = status.level ?? "";
  const [lost] = status.lost;
  const noCard = state.next_charge?.why_not === "no_card";
  const toBilling = (label: string) => <ToBilling>{label}</ToBilling>;

  switch (state.kind) {
    case "none": {
      const hasTrial = state.trial_days > 0;
      return (
        <Row
          overview={overview}
          mood="calm"
          title={t.none.title}
          action={toBilling(hasTrial ? t.none.action : t.none.actionPaid)}
        >
          {hasTrial ? t.none.text(days(state.trial_days, language)) : t.none.textPaid}
        </Row>
      );
    }
    case "granted":
      return (
        <Row
          overview={overview}
          mood="good"
          title={t.granted.title(level)}
          action={state.until && toBilling(t.granted.action)}
        >
          {state.until && t.granted.text}
        </Row>
      );
    case "trialing":
      return (
        <Row overview={overview} mood="calm" title={t.trialing.title} action={toBilling(t.trialing.action)}>
          {noCard ? t.trialing.textNoCard : t.trialing.text}
        </Row>
      );
    case "active":
      return (
        <Row
          overview={overview}
          mood={noCard ? "calm" : "good"}
          title={t.active.title(level)}
          action={noCard && toBilling(t.active.action)}
        >
          {noCard ? t.active.textNoCard : t.active.text}
        </Row>
      );
    case "ending":
      return (
        <Row
          overview={overview}
          mood="calm"
          title={t.ending.title(date(state.until ?? ""))}
          action={toBilling(t.ending.action)}
        >
          {t.ending.text}
        </Row>
      );
    case "past_due":
      return (
        <Row
          overview={overview}
          mood="bad"
          title={t.past_due.title(level)}
          action={toBilling(t.past_due.action)}
        >
          {t.past_due.text(date(state.until ?? ""))}
        </Row>
      );
    case "revoked":
      return (
        <Row
          overview={overview}
          mood="bad"
          title={lost ? t.revoked.title(lost.level, date(lost.lost_at)) : t.revoked.titleAlone}
          action={
            <ButtonLink to="/dashboard/organization/status" variant="primary">
              {t.revoked.action}
            </ButtonLink>
          }
        >
          {t.revoked.text}
        </Row>
      );
    case "ended":
      return (
        <Row
          overview={overview}
          mood="bad"
          title={lost ? t.ended.title(lost.level, date(lost.lost_at)) : t.ended.titleAlone}
          action={toBilling(t.ended.action)}
        >
          {state.ended?.reason ? `${t.ended.why[state.ended.reason]} ${t.ended.text}` : t.ended.text}
        </Row>
      );
  }
}

function ToBilling({ children }: { children: string }) {
  const t = useTexts(overviewTexts);
  const { role } = useOrganization();
  return mayActAs(role, "admin") ? (
    <ButtonLink to="/dashboard/billing" variant="primary">
      {children}
    </ButtonLink>
  ) : (
    <p className="text-muted">{t.askAdmin}</p>
  );
}

function Row({
  overview: { state, status },
  mood,
  title,
  action,
  children,
}: {
  overview: Overview;
  mood: Mood;
  title: string;
  action?: ReactNode;
  children?: ReactNode;
}) {
  const t = useTexts(overviewTexts).state;
  const s = useTexts(statusTexts);
  const { timeZone } = useOrganization();
  const { date, shortDate, money } = useFormats(timeZone);
  // What was lost above what is held is said here too: the badge alone would look calm.
  const above =
    status.level === null ? undefined : status.lost.find(({ level }) => level > (status.level ?? ""));
  const charge = state.next_charge;
  const label = state.kind in t.until ? t.until[state.kind as keyof typeof t.until] : undefined;
  return (
    <div
      className={clsx(
        "flex flex-col gap-4 rounded-md border p-4 sm:p-5 lg:flex-row lg:items-center lg:gap-8",
        moods[mood],
      )}
    >
      <div className="flex min-w-0 flex-1 gap-3">
        <span className={clsx("mt-0.5 shrink-0", iconLooks[mood])}>
          <Icon of={icons[state.kind]} />
        </span>
        <div className="flex min-w-0 flex-col gap-1">
          <h2 className="text-lg font-semibold">{title}</h2>
          {children && <p className="measure">{children}</p>}
          {above && (
            <p className="flex items-center gap-2 text-bad">
              <Icon of={CircleX} size={16} />
              {t.lostAbove(above.level, date(above.lost_at))}
            </p>
          )}
        </div>
      </div>
      {(label ?? charge) && (
        <dl className="flex flex-wrap gap-x-8 gap-y-3 pl-8 lg:pl-0">
          {label && state.until && (
            <div>
              <dt className="text-sm text-muted">{label}</dt>
              <dd className="font-semibold">{date(state.until)}</dd>
              <dd className={clsx("text-sm", mood === "bad" ? "font-semibold text-bad" : "text-muted")}>
                {s.daysLeft(daysUntil(state.until, timeZone))}
              </dd>
            </div>
          )}
          {charge && (
            <div>
              <dt className="text-sm text-muted">{t.nextCharge}</dt>
              <dd className="font-semibold">
                {charge.at
                  ? money(charge.amount, charge.currency)
                  : charge.why_not === "under_way"
                    ? t.underWay
                    : t.noCharge}
              </dd>
              {charge.at && <dd className="text-sm text-muted">{shortDate(charge.at)}</dd>}
            </div>
          )}
        </dl>
      )}
      {action && <div className="flex shrink-0 pl-8 lg:pl-0">{action}</div>}
    </div>
  );
}
