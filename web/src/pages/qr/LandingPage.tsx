import { useQuery } from "@tanstack/react-query";
import { useParams } from "react-router";
import { asApiError } from "../../api/errors";
import type { OrganizationPage } from "../../api/organizations";
import { qrPage, type QrPage } from "../../api/qr";
import { ButtonLink } from "../../design/Button";
import { Notice } from "../../design/Notice";
import { Facts, PageHeader, PageTitle, Section, useArrival } from "../../design/Page";
import { ErrorState, Loading, Skeleton, SkeletonLines } from "../../design/States";
import { useTexts } from "../../i18n/dictionary";
import { useLangOf } from "../../i18n/langOf";
import { qrLandingTexts } from "../../i18n/qrLanding";
import { statusTexts } from "../../i18n/status";
import { Passport } from "../../status/Passport";
import { PublishedReports } from "../../status/PublishedReports";
import { ReportLink } from "../../status/ReportLink";
import { StoryCard } from "../../stories/StoryCard";

/** What a buyer finds behind the code on a packaging, whatever became of it: the status now, and who stands behind it. */
export function LandingPage() {
  const { code = "" } = useParams();
  const page = useQuery(qrPage(code));

  if (page.data) return <Landing page={page.data} />;
  if (!page.isError) {
    return (
      <Loading>
        <div className="flex min-h-dvh flex-col gap-12">
          <Skeleton className="h-36 w-72 max-w-full" />
          <SkeletonLines count={6} />
        </div>
      </Loading>
    );
  }
  if (asApiError(page.error).code !== "not_found") {
    return <ErrorState error={page.error} retry={() => void page.refetch()} />;
  }
  return <Unknown />;
}

function Unknown() {
  const t = useTexts(qrLandingTexts);
  return (
    <div className="flex flex-col items-start gap-6">
      <PageHeader title={t.unknownTitle} lead={t.unknownText} />
      <ButtonLink to="/" variant="primary">
        {t.unknownHome}
      </ButtonLink>
    </div>
  );
}

function Landing({ page }: { page: QrPage }) {
  const t = useTexts(qrLandingTexts);
  const heading = useArrival();
  const langOf = useLangOf();
  const { organization, state } = page;
  const title = organization?.name ?? t.state.unproven;
  return (
    <article className="flex flex-col gap-10">
      <PageTitle>{t.documentTitle(title)}</PageTitle>
      <header className="flex flex-col gap-6">
        <div className="flex flex-col gap-2">
          <p className="text-sm text-muted">{t.code(page.code)}</p>
          <h1 ref={heading} tabIndex={-1} lang={langOf(title)} className="text-2xl wrap-anywhere sm:text-3xl">
            {title}
          </h1>
        </div>
        {state !== "active" && organization && (
          <Notice kind="warning" title={t.state[state]}>
            {t.text[state]}
          </Notice>
        )}
        {!organization && (
          <p className="measure text-muted">{t.text[state === "active" ? "unproven" : state]}</p>
        )}
        {organization && <Standing organization={organization} />}
      </header>
      {organization && <PublishedReports reports={organization.reports} />}
      {organization && <Producer organization={organization} />}
      {page.target_url && <LeadsTo url={page.target_url} />}
      <ReportLink {...(organization ? { organization: organization.slug } : { url: location.href })} />
    </article>
  );
}

/** The passport, losses included, and what the highest level means. */
function Standing({ organization }: { organization: OrganizationPage }) {
  const s = useTexts(statusTexts);
  const [best] = organization.status.levels;
  return (
    <div className="flex flex-col gap-6">
      <Passport status={organization.status} />
      {best && <p className="measure text-muted">{s.meaning[best.level]}</p>}
    </div>
  );
}

function Producer({ organization }: { organization: OrganizationPage }) {
  const t = useTexts(qrLandingTexts);
  const { legal_name, inn, details, status, stories, slug } = organization;
  return (
    <>
      <Section title={t.who}>
        {details?.description && <p className="measure whitespace-pre-line">{details.description}</p>}
        <Facts
          items={[
            ...(legal_name ? [{ name: t.legalName, value: legal_name }] : []),
            ...(inn ? [{ name: t.inn, value: inn }] : []),
          ]}
        />
        <div className="flex flex-wrap gap-3">
          <ButtonLink to={`/organizations/${slug}`} variant="primary">
            {t.profile}
          </ButtonLink>
          <ButtonLink to="/levels">{status.levels.length > 0 ? t.means : t.meanAll}</ButtonLink>
        </div>
      </Section>
      {stories.length > 0 && (
        <Section title={t.stories}>
          <ul className="grid gap-4 sm:grid-cols-2 lg:grid-cols-3">
            {stories.map((story) => (
              <li key={story.id}>
                <StoryCard story={story} slug={slug} />
              </li>
            ))}
          </ul>
        </Section>
      )}
    </>
  );
}

function LeadsTo({ url }: { url: string }) {
  const t = useTexts(qrLandingTexts);
  return (
    <Section title={t.leadsTo}>
      <p>
        <a href={url} rel="nofollow noopener ugc" className="link wrap-anywhere">
          {url}
        </a>
      </p>
      <p className="text-sm text-muted">{t.leadsToHelp}</p>
    </Section>
  );
}
