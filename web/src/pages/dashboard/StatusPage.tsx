import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { mayActAs } from "../../api/organizations";
import { statusOverview, type OverviewState, type StatusOverview } from "../../api/overview";
import type { HeldLevel, OrganizationStatus } from "../../api/statuses";
import { useOrganization } from "../../shared/organization";
import { ButtonLink } from "../../design/Button";
import { PageHeader, Section } from "../../design/Page";
import { EmptyState, Loaded, Skeleton, SkeletonLines } from "../../design/States";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { statusTexts } from "../../i18n/status";
import { upgradeTexts } from "../../i18n/upgrade";
import { LevelHeld } from "../../status/LevelHeld";
import { LevelRuler } from "../../status/LevelRuler";
import { Seal } from "../../status/Seal";
import { StatusBadge } from "../../status/StatusBadge";
import { StatusTimeline } from "../../status/StatusTimeline";
import { LevelCProgress } from "../status/LevelCProgress";
import { Upgrade } from "../status/Upgrade";

const ladder = ["0", "A", "B", "C"] as const;

/** The levels an organization holds, until which day, and everything that happened to them. */
export function StatusPage() {
  const t = useTexts(statusTexts);
  const { organization } = useOrganization();
  return (
    <div className="flex flex-col gap-10">
      <PageHeader
        title={t.page.title}
        lead={t.page.lead}
        action={<ButtonLink to={`/organizations/${organization.slug}`}>{t.page.publicPage}</ButtonLink>}
      />
      <Loaded query={useQuery(statusOverview(organization.id))} skeleton={<StatusSkeleton />}>
        {(overview) => <Status {...overview} />}
      </Loaded>
    </div>
  );
}

function Status({ state, status, criteria, history, requests, steps, guide }: StatusOverview) {
  const t = useTexts(statusTexts);
  const u = useTexts(upgradeTexts);
  const { timeZone } = useOrganization();
  return (
    <>
      <Section title={t.page.held}>
        {status.levels.length > 0 ? (
          <ul className="flex flex-col gap-8">
            {status.levels.map((held) => (
              <li key={held.level}>
                <LevelHeld held={held} ends={endKnownToTheTeam(held, state)} timeZone={timeZone} size={72} />
              </li>
            ))}
          </ul>
        ) : (
          <NothingHeld status={status} isPaid={state.kind === "revoked"} />
        )}
      </Section>

      <Upgrade status={status} requests={requests} steps={steps} guide={guide} />
      <LevelCProgress status={status} criteria={criteria} />

      <Section
        title={t.page.ladder}
        action={
          <Link to="/levels" className="link inline-flex min-h-6 items-center">
            {u.allLevels}
          </Link>
        }
      >
        <Ladder status={status} />
      </Section>

      <Section title={t.history.title}>
        <LevelRuler stretches={status.stretches} lost={status.lost} timeZone={timeZone} />
        <StatusTimeline events={history} timeZone={timeZone} />
        {history.length > 0 && <p className="text-sm text-muted">{t.history.note}</p>}
      </Section>
    </>
  );
}

/** The shape of what comes: a level with its seal, what is asked for B, the way to C. */
function StatusSkeleton() {
  return (
    <div className="flex flex-col gap-10">
      <div className="flex flex-col gap-4">
        <Skeleton className="h-6 w-40" />
        <div className="flex gap-5">
          <Skeleton className="size-[72px] shrink-0 rounded-full" />
          <div className="flex-1">
            <SkeletonLines count={5} />
          </div>
        </div>
      </div>
      <div className="flex flex-col gap-4">
        <Skeleton className="h-6 w-52" />
        <Skeleton className="h-[34rem] w-full rounded-md sm:h-[26rem]" />
      </div>
      <div className="flex flex-col gap-4">
        <Skeleton className="h-6 w-40" />
        <SkeletonLines count={6} />
      </div>
    </div>
  );
}

/** While a live subscription holds a level the level has no end of its own; the subscription may have one. */
function endKnownToTheTeam(held: HeldLevel, { kind, until }: OverviewState): string | null {
  if (held.kind === "earned") return null;
  if (kind === "trialing") return held.level === "0" ? until : null;
  return kind === "past_due" || kind === "ending" ? until : null;
}

function NothingHeld({ status, isPaid }: { status: OrganizationStatus; isPaid: boolean }) {
  const t = useTexts(statusTexts);
  const { role, timeZone } = useOrganization();
  const [lost] = status.lost;
  const mayPay = mayActAs(role, "admin");
  return (
    <EmptyState
      title={lost ? t.noneMeaning : t.page.nothingHeld}
      picture={<StatusBadge held={null} lost={lost} timeZone={timeZone} size={72} />}
      action={
        mayPay &&
        !isPaid && (
          <ButtonLink to="/dashboard/billing" variant="primary">
            {lost ? t.page.toBilling : t.page.startTrial}
          </ButtonLink>
        )
      }
    >
      {isPaid
        ? t.page.revokedHelp
        : !mayPay
          ? t.page.askAdmin
          : lost
            ? t.page.lostHelp
            : t.page.nothingHeldHelp}
    </EmptyState>
  );
}

function Ladder({ status }: { status: OrganizationStatus }) {
  const t = useTexts(statusTexts);
  const { timeZone } = useOrganization();
  const { date } = useFormats(timeZone);
  const lost = new Set(status.lost.map(({ level }) => level));
  const held = new Set(status.levels.map(({ level }) => level));
  return (
    <ul className="grid gap-6 sm:grid-cols-2">
      {ladder.map((level) => {
        const isHeld = held.has(level);
        const past = status.stretches.filter((stretch) => stretch.level === level).at(-1);
        return (
          <li key={level} className="flex gap-4">
            <Seal
              face={isHeld ? { level } : { level, [lost.has(level) ? "lost" : "vacant"]: true }}
              size={40}
            />
            <div className="flex flex-col gap-1">
              <p className="flex flex-wrap items-baseline gap-x-2">
                <span className="font-semibold">
                  {level} · {t.name[level]}
                </span>
                <span className={isHeld ? "text-sm text-good" : "text-sm text-muted"}>
                  {isHeld
                    ? t.page.heldNow
                    : past?.to
                      ? t.page.wasHeld(date(past.from), date(past.to))
                      : t.page.notHeld}
                </span>
              </p>
              <p className="text-sm text-muted">{t.meaning[level]}</p>
            </div>
          </li>
        );
      })}
    </ul>
  );
}
