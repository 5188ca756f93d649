import { useQuery, useQueryClient } from "@tanstack/react-query";
import {
  organizationSettings,
  updateOrganizationSettings,
  type OrganizationSettings,
} from "../../api/organizations";
import { useOrganization } from "../../shared/organization";
import { Button } from "../../design/Button";
import { Form, TextField } from "../../design/Form";
import { Loaded, SkeletonLines } from "../../design/States";
import { toast } from "../../design/toast";
import { useForm } from "../../design/useForm";
import { common } from "../../i18n/common";
import { useTexts } from "../../i18n/dictionary";
import { settingsTexts } from "../../i18n/settings";
import { TimeZoneField } from "../account/TimeZoneField";
import { emailMistake } from "../auth/checks";
import { keys } from "../../api/keys";

/** Where receipts go and by which calendar days are counted. */
export function SettingsForm() {
  const { organization } = useOrganization();
  return (
    <Loaded query={useQuery(organizationSettings(organization.id))} skeleton={<SkeletonLines count={4} />}>
      {(found) => found && <Fields key={`${found.billing_email} ${found.time_zone}`} settings={found} />}
    </Loaded>
  );
}

function Fields({ settings }: { settings: OrganizationSettings }) {
  const t = useTexts(settingsTexts).settings;
  const c = useTexts(common);
  const queries = useQueryClient();
  const form = useForm({
    draft: `settings-${settings.organization_id}`,
    initial: { billingEmail: settings.billing_email ?? "", timeZone: settings.time_zone },
    check: ({ billingEmail }): { billingEmail?: string } => {
      const mistake = billingEmail.trim() === "" ? undefined : emailMistake(billingEmail);
      return mistake ? { billingEmail: mistake } : {};
    },
    submit: async ({ billingEmail, timeZone }) => {
      const saved = await updateOrganizationSettings(settings.organization_id, {
        billing_email: billingEmail.trim() === "" ? null : billingEmail.trim(),
        time_zone: timeZone,
      });
      queries.setQueryData(keys.organizationSettings(settings.organization_id), saved);
      await queries.invalidateQueries({ queryKey: keys.account() });
      toast(c.saved);
    },
  });
  return (
    <Form form={form} className="max-w-xl">
      <TextField
        {...form.field("billingEmail")}
        label={t.billingEmail}
        help={t.billingEmailHelp}
        type="email"
        inputMode="email"
        autoComplete="email"
        autoCapitalize="none"
        spellCheck={false}
        optional
      />
      <TimeZoneField {...form.field("timeZone")} label={t.timeZone} help={t.timeZoneHelp} />
      <Button
        type="submit"
        variant="secondary"
        pending={form.pending && c.saving}
        className="self-stretch sm:self-start"
      >
        {c.save}
      </Button>
    </Form>
  );
}
