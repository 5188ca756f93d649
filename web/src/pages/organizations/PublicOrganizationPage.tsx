import { useQuery } from "@tanstack/react-query";
import { clsx } from "clsx";
import type { ReactNode } from "react";
import { Link, useParams, useSearchParams } from "react-router";
import { asApiError } from "../../api/errors";
import { logoAddress, organizationPage, type Contacts, type OrganizationPage } from "../../api/organizations";
import type { HeldLevel, StatusLevel } from "../../api/statuses";
import { ButtonLink } from "../../design/Button";
import { Notice } from "../../design/Notice";
import { Facts, PageHeader, PageTitle, Section, useArrival, useDescription } from "../../design/Page";
import { ErrorState, Loading, Skeleton, SkeletonLines } from "../../design/States";
import { DateTime } from "../../design/Values";
import { useTexts } from "../../i18n/dictionary";
import { useLangOf } from "../../i18n/langOf";
import { useFormats } from "../../i18n/format";
import { organizationTexts } from "../../i18n/organizations";
import { statusTexts } from "../../i18n/status";
import { storyTexts } from "../../i18n/stories";
import { useChosenMeanwhile } from "../../shared/Written";
import { LevelHeld } from "../../status/LevelHeld";
import { Passport } from "../../status/Passport";
import { PublishedReports } from "../../status/PublishedReports";
import { ReportLink } from "../../status/ReportLink";
import { StatusTimeline } from "../../status/StatusTimeline";
import { OrganizationStoriesTab } from "../../stories/OrganizationStoriesTab";
import { StoriesGrid } from "../../stories/StoriesGrid";
import { InShort } from "./InShort";
import { Logo } from "./Logo";

/** What a buyer sees: who this is, what its status means, and everything that ever happened to it. */
export function PublicOrganizationPage() {
  const { slug = "" } = useParams();
  const page = useQuery(organizationPage(slug));

  if (page.data) return <Profile page={page.data} />;
  if (!page.isError) {
    return (
      <Loading>
        <PageSkeleton />
      </Loading>
    );
  }
  if (asApiError(page.error).code !== "not_found") {
    return <ErrorState error={page.error} retry={() => void page.refetch()} />;
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
function PageSkeleton() {
  return (
    <div className="flex min-h-dvh flex-col gap-12">
      <Skeleton className="h-10 w-64 max-w-full" />
      <Skeleton className="h-36 w-72 max-w-full" />
      <SkeletonLines count={6} />
      <SkeletonLines count={6} />
    </div>
  );
}

function Profile({ page }: { page: OrganizationPage }) {
  const t = useTexts(organizationTexts).public;
  const s = useTexts(statusTexts);
  const heading = useArrival();
  const langOf = useLangOf();
  const [parameters, setParameters] = useSearchParams();
  useChosenMeanwhile(["type"], ({ type }) =>
    setParameters({ tab: "stories", ...(type && { type }) }, { replace: true, preventScrollReset: true }),
  );
  const { name, details, status } = page;
  const isStories = parameters.get("tab") === "stories" && page.stories.length > 0;
  const [best] = status.levels;
  const logo = details && logoAddress(details);
  const about = [details?.category, details?.region].filter(Boolean).join(" · ");
  useDescription(t.description(name, best ? `${s.status(best.level)} — ${s.name[best.level]}` : s.none));

  return (
    <article className="flex flex-col gap-12">
      <PageTitle>{t.documentTitle(name)}</PageTitle>
      <header className="flex flex-col gap-6">
        <Standing page={page} />
        <div className="flex items-center gap-4">
          {logo && <Logo name={name} address={logo} alt={t.logo(name)} size={64} />}
          <div className="flex min-w-0 flex-col gap-1">
            <p className="text-sm text-muted">{t.short.what}</p>
            <h1 ref={heading} tabIndex={-1} lang={langOf(name)} className="text-2xl sm:text-3xl">
              {name}
            </h1>
            {about && <p className="text-muted">{about}</p>}
          </div>
        </div>
        <Passport status={status}>
          <InShort page={page} />
        </Passport>
      </header>

      {page.stories.length > 0 && <Tabs isStories={isStories} />}
      {isStories ? (
        <OrganizationStoriesTab organizationId={page.id} slug={page.slug} />
      ) : (
        <About page={page} />
      )}
    </article>
  );
}

function Tabs({ isStories }: { isStories: boolean }) {
  const t = useTexts(storyTexts).reading;
  return (
    <nav aria-label={t.tabs} className="flex gap-2 border-b border-line">
      {[
        { to: "?", name: t.about, isHere: !isStories },
        { to: "?tab=stories", name: t.tab, isHere: isStories },
      ].map(({ to, name, isHere }) => (
        <Link
          key={to}
          to={to}
          preventScrollReset
          aria-current={isHere ? "page" : undefined}
          className={clsx(
            "-mb-px inline-flex min-h-11 items-center border-b-2 px-3 no-underline",
            isHere ? "border-ink font-semibold" : "border-transparent text-muted hover:text-ink",
          )}
        >
          {name}
        </Link>
      ))}
    </nav>
  );
}

function About({ page }: { page: OrganizationPage }) {
  const t = useTexts(organizationTexts).public;
  const s = useTexts(statusTexts);
  const r = useTexts(storyTexts).reading;
  const { details, history } = page;
  return (
    <>
      <PublishedReports reports={page.reports} />
      <Levels held={page.status.levels} />
      {page.stories.length > 0 && (
        <Section
          title={r.list}
          action={
            <Link to="?tab=stories" className="link inline-flex min-h-6 items-center">
              {r.all}
            </Link>
          }
        >
          <StoriesGrid stories={page.stories} slug={page.slug} label={r.list} />
        </Section>
      )}
      <div className="grid gap-x-8 gap-y-12 lg:grid-cols-2">
        {details && (
          <Section title={t.about}>
            {details.description ? (
              <p className="measure whitespace-pre-line">{details.description}</p>
            ) : (
              <p className="measure text-muted">{t.noDescription}</p>
            )}
          </Section>
        )}
        <Section title={t.requisites}>
          <Requisites page={page} />
        </Section>
        <HowToReach contacts={details?.contacts ?? {}} />
        {page.verified && (
          <Section title={t.verifiedTitle}>
            <Verified {...page.verified} />
          </Section>
        )}
      </div>

      <Section title={s.history.title}>
        <StatusTimeline events={history} />
        <p className="text-sm text-muted">{s.history.note}</p>
      </Section>
      {page.since && <ReportLink organization={page.slug} />}
    </>
  );
}

/** Why the page shows less than others do, or to fewer people. */
function Standing({ page }: { page: OrganizationPage }) {
  const t = useTexts(organizationTexts).public;
  const { date } = useFormats();
  if (page.deleted_at) {
    return (
      <Notice kind="warning" title={t.deleted(date(page.deleted_at))}>
        {t.deletedText}
      </Notice>
    );
  }
  if (!page.since) return <Notice>{t.notYet}</Notice>;
  return page.details ? null : <Notice>{t.hidden}</Notice>;
}

// What money buys and what it does not: never in one list.
const bought: readonly StatusLevel[] = ["0", "A"];

function Levels({ held }: { held: readonly HeldLevel[] }) {
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

function Requisites({ page }: { page: OrganizationPage }) {
  const t = useTexts(organizationTexts).public;
  const { legal_name, inn, provenance, since } = page;
  const website = page.details?.website_url;
  return (
    <Facts
      items={[
        ...(legal_name
          ? [{ name: t.legalName, value: <Sourced from={provenance.legal_name}>{legal_name}</Sourced> }]
          : []),
        ...(inn
          ? [
              {
                name: t.inn,
                value: <Sourced from={provenance.inn}>{inn}</Sourced>,
              },
            ]
          : []),
        ...(website && /^https?:\/\//i.test(website)
          ? [
              {
                name: t.website,
                value: (
                  <a href={website} rel="nofollow noopener ugc" className="link break-all">
                    {website.replace(/^https?:\/\//i, "").replace(/\/$/, "")}
                  </a>
                ),
              },
            ]
          : []),
        ...(since ? [{ name: t.since, value: <DateTime at={since} show="date" /> }] : []),
      ]}
    />
  );
}

/** What the organization says of how buyers reach it; nothing where it says nothing. */
function HowToReach({ contacts: { phone, email, address } }: { contacts: Contacts }) {
  const t = useTexts(organizationTexts).public;
  if (!phone && !email && !address) return null;
  const link = (name: string, href: string, text: string) => ({
    name,
    value: (
      <a href={href} className="link wrap-anywhere">
        {text}
      </a>
    ),
  });
  return (
    <Section title={t.contacts}>
      <Facts
        items={[
          ...(phone ? [link(t.phone, `tel:${phone.replace(/[^+\d]/g, "")}`, phone)] : []),
          ...(email ? [link(t.email, `mailto:${email}`, email)] : []),
          ...(address ? [{ name: t.address, value: <span className="wrap-anywhere">{address}</span> }] : []),
        ]}
      />
      <p className="text-sm text-muted">{t.stated}</p>
    </Section>
  );
}

/** A fact, and whose word it is. */
function Sourced({ from, children }: { from: "stated" | "verified"; children: ReactNode }) {
  const t = useTexts(organizationTexts).public;
  return (
    <>
      {children}
      <span className="block text-sm text-muted">{t[from]}</span>
    </>
  );
}

function Verified({ at, documents }: NonNullable<OrganizationPage["verified"]>) {
  const t = useTexts(organizationTexts).public;
  return (
    <div className="flex flex-col gap-3">
      <p className="measure text-muted">{t.verifiedText}</p>
      <Facts
        items={[
          { name: t.verifiedAt, value: <DateTime at={at} show="date" /> },
          { name: t.verifiedBy, value: t.us },
          ...(documents.length > 0
            ? [{ name: t.papers, value: documents.map((kind) => t.documents[kind]).join(", ") }]
            : []),
        ]}
      />
    </div>
  );
}
