import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "react-router";
import { asApiError } from "../../api/errors";
import { logoAddress, organizationBySlug, type PublicOrganization } from "../../api/organizations";
import {
  organizationStatus,
  statusHistory,
  type HeldLevel,
  type LostLevel,
  type StatusLevel,
} from "../../api/statuses";
import { ButtonLink } from "../../design/Button";
import { Notice } from "../../design/Notice";
import { Facts, PageHeader, PageTitle, Section, useArrival, useDescription } from "../../design/Page";
import { ErrorState, Loaded, Loading, Skeleton, SkeletonLines } from "../../design/States";
import { DateTime } from "../../design/Values";
import { useTexts } from "../../i18n/dictionary";
import { organizationTexts } from "../../i18n/organizations";
import { statusTexts } from "../../i18n/status";
import { LevelHeld } from "../../status/LevelHeld";
import { LevelRuler } from "../../status/LevelRuler";
import { StatusBadge } from "../../status/StatusBadge";
import { StatusTimeline, whyInWords } from "../../status/StatusTimeline";
import { Logo } from "./Logo";

/** What a buyer sees: who this is, what its status means, and everything that ever happened to it. */
export function PublicOrganizationPage() {
  const { slug = "" } = useParams();
  const organization = useQuery(organizationBySlug(slug));

  if (organization.data) return <Profile organization={organization.data} />;
  if (!organization.isError) {
    return (
      <Loading>
        <div className="flex flex-col gap-6">
          <Skeleton className="h-10 w-64 max-w-full" />
          <RestSkeleton />
        </div>
      </Loading>
    );
  }
  if (asApiError(organization.error).code !== "not_found") {
    return <ErrorState error={organization.error} retry={() => void organization.refetch()} />;
  }
  return <NotFound />;
}

function NotFound() {
  const t = useTexts(organizationTexts).public;
  return (
    <div className="flex flex-col items-start gap-6">
      <PageHeader title={t.notFoundTitle} lead={t.notFoundText} />
      <ButtonLink to="/" variant="primary">
        {t.notFoundHome}
      </ButtonLink>
    </div>
  );
}

/** As tall as the screen: the footer comes into view when the page is whole, and nothing moves before. */
function RestSkeleton() {
  return (
    <div className="flex min-h-dvh flex-col gap-12">
      <Skeleton className="h-36 w-72 max-w-full" />
      <SkeletonLines count={6} />
      <SkeletonLines count={6} />
    </div>
  );
}

function Profile({ organization }: { organization: PublicOrganization }) {
  const t = useTexts(organizationTexts).public;
  const s = useTexts(statusTexts);
  const heading = useArrival();
  const status = useQuery(organizationStatus(organization.id));
  const history = useQuery(statusHistory(organization.id));

  const held = status.data?.levels ?? [];
  const lost = status.data?.lost ?? [];
  const [best] = held;
  const logo = logoAddress(organization);
  const inWords = best ? `${s.status(best.level)} — ${s.name[best.level]}` : s.none;
  useDescription(status.data && t.description(organization.name, inWords));
  // All of it at once: parts that come one by one would push each other down the page.
  const isWhole = status.data !== undefined && (history.data !== undefined || history.isError);

  // Before the first level ever held there is no page for buyers.
  if (status.isError && asApiError(status.error).code === "not_found") return <NotFound />;
  return (
    <article className="flex flex-col gap-12">
      <PageTitle>{t.documentTitle(organization.name)}</PageTitle>
      <header className="flex flex-col gap-6">
        {!organization.is_published && <Notice>{t.unpublished}</Notice>}
        <div className="flex items-center gap-4">
          {logo && <Logo name={organization.name} address={logo} alt={t.logo(organization.name)} size={64} />}
          <div className="flex min-w-0 flex-col gap-1">
            <h1 ref={heading} tabIndex={-1} className="text-2xl sm:text-3xl">
              {organization.name}
            </h1>
            {(organization.category ?? organization.region) && (
              <p className="text-muted">
                {[organization.category, organization.region].filter(Boolean).join(" · ")}
              </p>
            )}
          </div>
        </div>
        {isWhole ? (
          <div className="grid grid-cols-1 items-center gap-8 lg:grid-cols-2">
            <div>
              <StatusBadge held={best ?? null} lost={best ? undefined : lost[0]} size={144} />
            </div>
            <LevelRuler stretches={status.data.stretches} />
          </div>
        ) : status.isError ? (
          <ErrorState error={status.error} retry={() => void status.refetch()} />
        ) : (
          <Loading>
            <RestSkeleton />
          </Loading>
        )}
      </header>

      {isWhole && <Levels held={held} lost={lost} />}
      {(isWhole || status.isError) && (
        <>
          <div className="grid gap-x-8 gap-y-12 lg:grid-cols-2">
            <Section title={t.about}>
              {organization.description ? (
                <p className="measure whitespace-pre-line">{organization.description}</p>
              ) : (
                <p className="measure text-muted">{t.noDescription}</p>
              )}
            </Section>
            <Section title={t.requisites}>
              <Requisites organization={organization} />
            </Section>
          </div>

          <Section title={s.history.title}>
            <Loaded query={history} skeleton={<SkeletonLines count={4} />}>
              {(events) => <StatusTimeline events={events} />}
            </Loaded>
            <p className="text-sm text-muted">{s.history.note}</p>
          </Section>
        </>
      )}
    </article>
  );
}

// What money buys and what it does not: never in one list.
const bought: readonly StatusLevel[] = ["0", "A"];

function Levels({ held, lost }: { held: readonly HeldLevel[]; lost: readonly LostLevel[] }) {
  const t = useTexts(organizationTexts).public;
  const paid = held.filter(({ level }) => bought.includes(level));
  const earned = held.filter(({ level }) => !bought.includes(level));
  return (
    <Section
      title={t.levels}
      action={
        <Link to="/levels" className="link inline-flex min-h-6 items-center">
          {t.allLevels}
        </Link>
      }
    >
      <div className="grid gap-8 lg:grid-cols-2">
        <Group title={t.paidGroup} help={t.paidGroupHelp} none={t.nothingPaid} held={paid} />
        <Group title={t.earnedGroup} help={t.earnedGroupHelp} none={t.nothingEarned} held={earned} />
      </div>
      {lost.length > 0 && <Lost lost={lost} />}
    </Section>
  );
}

function Group({
  title,
  help,
  none,
  held,
}: {
  title: string;
  help: string;
  none: string;
  held: readonly HeldLevel[];
}) {
  return (
    <section className="flex flex-col gap-5 border-t border-line pt-5">
      <div>
        <h3 className="text-lg">{title}</h3>
        <p className="text-sm text-muted">{help}</p>
      </div>
      {held.length === 0 && <p className="text-muted">{none}</p>}
      {held.map((item) => (
        <LevelHeld key={item.level} held={item} headingLevel={4} />
      ))}
    </section>
  );
}

/** Nothing about a level is hidden, including that it was lost. */
function Lost({ lost }: { lost: readonly LostLevel[] }) {
  const s = useTexts(statusTexts);
  return (
    <ul className="flex flex-col gap-4 border-t border-line pt-5">
      {lost.map((item) => {
        const why = whyInWords(item, s);
        return (
          <li key={item.level} className="flex flex-col gap-1">
            <StatusBadge held={null} lost={item} size={32} />
            {why && <p className="text-sm text-muted">{s.history.why(why)}</p>}
          </li>
        );
      })}
    </ul>
  );
}

function Requisites({ organization }: { organization: PublicOrganization }) {
  const t = useTexts(organizationTexts).public;
  const { legal_name, inn, website_url, created_at } = organization;
  return (
    <Facts
      items={[
        ...(legal_name ? [{ name: t.legalName, value: legal_name }] : []),
        { name: t.inn, value: <span className="tabular-nums">{inn}</span> },
        ...(website_url && /^https?:\/\//i.test(website_url)
          ? [
              {
                name: t.website,
                value: (
                  <a href={website_url} rel="nofollow noopener ugc" className="link break-all">
                    {website_url.replace(/^https?:\/\//i, "").replace(/\/$/, "")}
                  </a>
                ),
              },
            ]
          : []),
        { name: t.since, value: <DateTime at={created_at} show="date" /> },
      ]}
    />
  );
}
