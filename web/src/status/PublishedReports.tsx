import type { OrganizationPage } from "../api/organizations";
import { Section } from "../design/Page";
import { DateTime } from "../design/Values";
import { useTexts } from "../i18n/dictionary";
import { reportTexts } from "../i18n/reports";

/** What was reported of an organization, upheld and published; nothing where there is none. */
export function PublishedReports({ reports }: Pick<OrganizationPage, "reports">) {
  const t = useTexts(reportTexts);
  if (reports.length === 0) return null;
  return (
    <Section title={t.published}>
      <p className="measure text-muted">{t.publishedText}</p>
      <ul className="flex flex-col border-t border-line">
        {reports.map(({ kind, published_at }) => (
          <li
            key={`${kind} ${published_at}`}
            className="flex flex-wrap items-baseline justify-between gap-x-4 border-b border-line py-3"
          >
            <span className="font-medium text-bad">{t.kind[kind]}</span>
            <span className="text-sm text-muted">
              {t.publishedAt} <DateTime at={published_at} show="date" />
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}
