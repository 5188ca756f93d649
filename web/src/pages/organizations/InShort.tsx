import type { OrganizationPage } from "../../api/organizations";
import { Facts } from "../../design/Page";
import { catalogueTexts } from "../../i18n/catalogue";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { useLocale } from "../../i18n/locale";
import { organizationTexts } from "../../i18n/organizations";
import { statusTexts } from "../../i18n/status";
import { verdict } from "../../status/verdict";

/** What a buyer wants to know in ten seconds; functions/pages/templates/organization.jinja says the same. */
export function InShort({ page }: { page: OrganizationPage }) {
  const o = useTexts(organizationTexts).public;
  const t = o.short;
  const s = useTexts(statusTexts);
  const { inn } = useTexts(catalogueTexts);
  const { language, timeZone } = useLocale();
  const { date } = useFormats();
  const losses = page.status.verdict.filter(({ sentence }) => sentence !== "held" && sentence !== "never");
  const { status, verified } = page;
  const [best] = status.levels;
  const who = [page.legal_name, page.inn && inn(page.inn)].filter(Boolean).join(", ") || page.name;
  return (
    <Facts
      items={[
        { name: t.theirs, value: `${who}: ${o[page.provenance.inn]}` },
        {
          name: t.checked,
          value: verified
            ? [t.papers(date(verified.at)), verified.documents.map((kind) => o.documents[kind]).join(", ")]
                .filter(Boolean)
                .join(": ")
            : t.nothingChecked,
        },
        { name: t.since, value: best ? `${s.status(best.level)} ${s.since(date(best.since))}` : t.notNow },
        { name: t.wasLost, value: verdict(losses, language, timeZone).join(" ") || t.neverLost },
      ]}
    />
  );
}
