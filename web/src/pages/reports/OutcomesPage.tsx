import { useInfiniteQuery } from "@tanstack/react-query";
import { clsx } from "clsx";
import { Link } from "react-router";
import { reportOutcomes, type DecidedReport, type ReportOutcomes } from "../../api/reports";
import { Button, ButtonLink } from "../../design/Button";
import { PageHeader, Section, useDescription } from "../../design/Page";
import { ErrorState, Loading, Skeleton } from "../../design/States";
import { common } from "../../i18n/common";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { reportOutcomeTexts } from "../../i18n/reportOutcomes";
import { reportTexts } from "../../i18n/reports";

/** What was reported, and what came of it. Drawn the same by functions/pages/templates/outcomes.jinja. */
export function OutcomesPage() {
  const t = useTexts(reportOutcomeTexts);
  const { reports: title } = useTexts(common);
  const found = useInfiniteQuery(reportOutcomes());
  const list = found.data?.pages.flatMap(({ items }) => items) ?? [];
  const [first] = found.data?.pages ?? [];
  useDescription(t.description);
  return (
    <div className="flex flex-col gap-10">
      <PageHeader title={title} lead={t.lead} action={<ButtonLink to="/report">{t.action}</ButtonLink>} />
      {found.isPending && (
        <Loading>
          <div className="flex flex-col gap-6">
            <Skeleton className="h-16" />
            <Skeleton className="h-80" />
          </div>
        </Loading>
      )}
      {found.isError && <ErrorState error={found.error} retry={() => void found.refetch()} />}
      {first && <Totals totals={first.totals} />}
      {first && (
        <Section title={t.list}>
          {list.length === 0 ? (
            <div className="flex flex-col gap-1">
              <p className="font-medium">{t.none}</p>
              <p className="measure text-muted">{t.noneText}</p>
            </div>
          ) : (
            <ul
              aria-label={t.list}
              className="flex flex-col border-b border-line"
              aria-busy={found.isFetchingNextPage}
            >
              {list.map((report, place) => (
                <Decided key={place} report={report} />
              ))}
            </ul>
          )}
        </Section>
      )}
      {found.hasNextPage && (
        <Button
          className="self-center"
          pending={found.isFetchingNextPage && t.loadingMore}
          onClick={() => void found.fetchNextPage()}
        >
          {t.more}
        </Button>
      )}
    </div>
  );
}

function Totals({ totals }: Pick<ReportOutcomes, "totals">) {
  const t = useTexts(reportOutcomeTexts);
  const { count } = useFormats();
  return (
    <section aria-label={t.totals}>
      <dl className="grid grid-cols-2 gap-x-8 gap-y-4 sm:flex sm:flex-wrap">
        {(["upheld", "not_upheld", "duplicate", "waiting"] as const).map((outcome) => (
          <div key={outcome} className="border-t border-line pt-2 sm:min-w-36">
            <dt className="text-sm text-muted">{t.total[outcome]}</dt>
            <dd className="text-2xl">{count(totals[outcome])}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Decided({ report }: { report: DecidedReport }) {
  const t = useTexts(reportOutcomeTexts);
  const { kind } = useTexts(reportTexts);
  // Days without a time: by no reader's clock are they other days.
  const { date } = useFormats("UTC");
  const { outcome, organization, unpublished_on } = report;
  return (
    <li className="flex flex-col gap-x-6 gap-y-1 border-t border-line py-4 sm:grid sm:grid-cols-[1fr_18rem]">
      <div className="min-w-0">
        <p className="font-medium">{kind[report.kind]}</p>
        {organization && (
          <p>
            <Link to={`/organizations/${organization.slug}`} className="link wrap-anywhere">
              {organization.name}
            </Link>
          </p>
        )}
        <p className="text-sm text-muted">{t.dates(date(report.reported_on), date(report.decided_on))}</p>
        {unpublished_on && <p className="text-sm text-muted">{t.unpublished(date(unpublished_on))}</p>}
      </div>
      <p className={clsx(outcome === "upheld" ? "font-medium text-bad" : "text-muted")}>
        {t.outcome[outcome]}
      </p>
    </li>
  );
}
