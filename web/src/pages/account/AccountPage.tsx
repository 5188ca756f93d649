import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { account } from "../../api/account";
import { myOrganizations } from "../../api/organizations";
import { myConsents, platformPaths } from "../../api/platformPages";
import { profile, updateProfile, type Profile } from "../../api/people";
import { localMailbox, requestEmailChange, requestPasswordReset } from "../../api/session";
import { chooseOrganization } from "../../shared/organization";
import { queryClient } from "../../shared/queryClient";
import { leave, useUser } from "../../shared/session";
import { Button, ButtonLink } from "../../design/Button";
import { AskDialog } from "../../design/Dialog";
import { Form, SelectField, TextField } from "../../design/Form";
import { Facts, PageHeader, Section } from "../../design/Page";
import { Loaded, SkeletonLines } from "../../design/States";
import { toast } from "../../design/toast";
import { useForm } from "../../design/useForm";
import { account as accountTexts } from "../../i18n/account";
import { auth } from "../../i18n/auth";
import { common } from "../../i18n/common";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { platformPageTexts } from "../../i18n/platformPages";
import { notificationTexts } from "../../i18n/notifications";
import { changeLocale, type Language } from "../../i18n/locale";
import { emailMistake, mistakes } from "../auth/checks";
import { TimeZoneField } from "./TimeZoneField";

export function AccountPage() {
  const t = useTexts(accountTexts);
  const n = useTexts(notificationTexts);
  const user = useUser();
  return (
    <div className="flex max-w-2xl flex-col gap-12">
      <PageHeader title={t.title} state={<p className="text-muted">{user.email}</p>} />
      <Section title={t.profile}>
        <Loaded query={useQuery(profile(user.id))} skeleton={<SkeletonLines count={6} />}>
          {(found) => <ProfileForm key={`${found.locale} ${found.time_zone}`} profile={found} />}
        </Loaded>
      </Section>
      <Organizations />
      <Section title={n.title}>
        <p className="measure text-muted">{n.settingsLead}</p>
        <div>
          <ButtonLink to="/account/notifications" size="small">
            {n.settingsTitle}
          </ButtonLink>
        </div>
      </Section>
      <Access />
      <Consents userId={user.id} />
    </div>
  );
}

function ProfileForm({ profile }: { profile: Profile }) {
  const t = useTexts(accountTexts);
  const a = useTexts(auth);
  const c = useTexts(common);
  const form = useForm({
    initial: { fullName: profile.full_name, language: profile.locale, timeZone: profile.time_zone },
    check: ({ fullName }): { fullName?: string } => (fullName.trim() ? {} : { fullName: "required" }),
    submit: async (values) => {
      const saved = await updateProfile(profile.id, {
        full_name: values.fullName.trim(),
        locale: values.language,
        time_zone: values.timeZone,
      });
      changeLocale({ language: values.language as Language, timeZone: values.timeZone });
      queryClient.setQueryData(
        account(profile.id).queryKey,
        (before) => before && { ...before, profile: saved },
      );
      toast(c.saved);
    },
  });
  return (
    <Form form={form}>
      <TextField
        {...form.field("fullName")}
        label={a.fullName}
        help={t.fullNameHelp}
        autoComplete="name"
        maxLength={80}
      />
      <SelectField
        {...form.field("language")}
        label={t.language}
        options={[
          { value: "ru", label: "Русский" },
          { value: "en", label: "English" },
        ]}
      />
      <TimeZoneField {...form.field("timeZone")} label={t.timeZone} help={t.timeZoneHelp} />
      <div>
        <Button type="submit" variant="primary" pending={form.pending && c.saving}>
          {c.save}
        </Button>
      </div>
    </Form>
  );
}

function Organizations() {
  const t = useTexts(accountTexts);
  const user = useUser();
  return (
    <Section title={t.organizations}>
      <Loaded query={useQuery(myOrganizations(user.id))} skeleton={<SkeletonLines count={2} />}>
        {(memberships) =>
          memberships.length === 0 ? (
            <p className="text-muted">{t.noOrganizations}</p>
          ) : (
            <ul className="flex flex-col">
              {memberships.map(({ organization, role }) => (
                <li
                  key={organization.id}
                  className="flex flex-wrap items-baseline justify-between gap-x-4 border-b border-line py-3"
                >
                  <Link className="link" to="/dashboard" onClick={() => chooseOrganization(organization.id)}>
                    {organization.name}
                  </Link>
                  <span className="text-muted">{t.role[role]}</span>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      <div>
        <ButtonLink to="/dashboard/organizations/new" size="small">
          {t.createOrganization}
        </ButtonLink>
      </div>
    </Section>
  );
}

function Access() {
  const t = useTexts(accountTexts);
  const { email } = useUser();
  const [asking, setAsking] = useState(false);
  const [moving, setMoving] = useState(false);
  const [leaving, setLeaving] = useState(false);
  const mailbox = localMailbox();
  return (
    <Section title={t.access}>
      <Facts
        items={[
          {
            name: t.email,
            value: (
              <span className="flex flex-wrap gap-x-4">
                <span className="wrap-anywhere">{email}</span>
                <button type="button" className="link min-h-6" onClick={() => setMoving(true)}>
                  {t.changeEmail}
                </button>
              </span>
            ),
          },
          {
            name: t.password,
            value: (
              <span className="flex flex-wrap gap-x-4">
                <button type="button" className="link min-h-6" onClick={() => setAsking(true)}>
                  {t.changePassword}
                </button>
                {mailbox && (
                  <a className="link" href={mailbox} target="_blank" rel="noreferrer">
                    {t.mailbox}
                  </a>
                )}
              </span>
            ),
          },
        ]}
      />
      {moving && <ChangeEmail email={email} onClose={() => setMoving(false)} />}
      <div>
        <Button
          size="small"
          pending={leaving && t.leaving}
          onClick={() => {
            setLeaving(true);
            void leave();
          }}
        >
          {t.leave}
        </Button>
      </div>
      <AskDialog
        open={asking}
        onClose={() => setAsking(false)}
        title={t.changePasswordTitle}
        action={t.send}
        pendingText={t.sending}
        onConfirm={async () => {
          await requestPasswordReset(email);
          toast(t.sent);
        }}
      >
        {t.changePasswordText(email)}
      </AskDialog>
    </Section>
  );
}

/** Another address: both mailboxes are asked, and until both have said yes the old one counts. */
function ChangeEmail({ email, onClose }: { email: string; onClose: () => void }) {
  const t = useTexts(accountTexts);
  const [asked, setAsked] = useState<string>();
  const form = useForm({
    initial: { email: "" },
    check: (values) => mistakes({ email: emailMistake(values.email) }),
    submit: async (values) => {
      await requestEmailChange(values.email);
      setAsked(values.email.trim());
    },
  });
  if (asked) return <p role="status">{t.emailAsked(email, asked)}</p>;
  return (
    <Form form={form}>
      <TextField
        {...form.field("email")}
        label={t.newEmail}
        help={t.newEmailHelp}
        type="email"
        autoComplete="email"
        inputMode="email"
        autoCapitalize="none"
        spellCheck={false}
      />
      <div className="flex flex-wrap gap-3">
        <Button type="submit" variant="primary" pending={form.pending && t.sending}>
          {t.changeEmailSubmit}
        </Button>
        <Button onClick={onClose}>{t.cancel}</Button>
      </div>
    </Form>
  );
}

/** Which texts one agreed to, in which version, and when. */
function Consents({ userId }: { userId: string }) {
  const t = useTexts(platformPageTexts);
  const { date } = useFormats();
  return (
    <Section title={t.consent.given}>
      <Loaded query={useQuery(myConsents(userId))} skeleton={<SkeletonLines count={2} />}>
        {(given) =>
          given.length === 0 ? (
            <p className="text-muted">{t.consent.none}</p>
          ) : (
            <ul className="flex flex-col gap-2">
              {given.map(({ id, page_key, version, given_at }) => (
                <li key={id} className="flex flex-wrap justify-between gap-x-4">
                  <Link className="link" to={`${platformPaths[page_key]}?version=${version}`}>
                    {t.consent.givenFor(t.menu[page_key], String(version))}
                  </Link>
                  <span className="text-sm text-muted">{date(given_at)}</span>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Section>
  );
}
