import { Section } from "../../design/Page";
import { useTexts } from "../../i18n/dictionary";
import { settingsTexts } from "../../i18n/settings";
import { useOrganization } from "../../shared/organization";
import { Deletion, Transfer } from "./Ownership";

/** Handing an organization over, and its end: its owner's business. */
export function DeletionPage() {
  const t = useTexts(settingsTexts);
  const { organization, role } = useOrganization();
  if (role !== "owner") {
    return (
      <Section title={t.parts.deletion}>
        <p className="measure text-muted">{t.onlyOwner}</p>
      </Section>
    );
  }
  return (
    <>
      <Transfer />
      {!organization.deletion_requested_at && <Deletion />}
    </>
  );
}
