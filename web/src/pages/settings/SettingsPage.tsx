import { mayActAs } from "../../api/organizations";
import { Section } from "../../design/Page";
import { useTexts } from "../../i18n/dictionary";
import { settingsTexts } from "../../i18n/settings";
import { useOrganization } from "../../shared/organization";
import { SettingsForm } from "./SettingsForm";

export function SettingsPage() {
  const t = useTexts(settingsTexts);
  const { role } = useOrganization();
  return (
    <Section title={t.parts.settings}>
      {mayActAs(role, "admin") ? <SettingsForm /> : <p className="measure text-muted">{t.onlyAdmins}</p>}
    </Section>
  );
}
