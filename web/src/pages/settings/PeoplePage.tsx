import { mayActAs } from "../../api/organizations";
import { Section } from "../../design/Page";
import { useTexts } from "../../i18n/dictionary";
import { settingsTexts } from "../../i18n/settings";
import { useOrganization } from "../../shared/organization";
import { Invitations } from "./Invitations";
import { People } from "./People";

/** Who works in an organization, and who is called in. */
export function PeoplePage() {
  const t = useTexts(settingsTexts);
  const { role } = useOrganization();
  return (
    <Section title={t.parts.people} className="gap-6">
      <People />
      {mayActAs(role, "admin") && <Invitations />}
    </Section>
  );
}
