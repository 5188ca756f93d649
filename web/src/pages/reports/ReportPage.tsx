import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useSearchParams } from "react-router";
import { organizationPage, type OrganizationPage } from "../../api/organizations";
import { reportAbuse, type ReportKind } from "../../api/reports";
import type { User } from "../../api/session";
import { Button, ButtonLink } from "../../design/Button";
import { Form, TextareaField, TextField } from "../../design/Form";
import { PageHeader } from "../../design/Page";
import { Sent } from "../../design/Sent";
import { useForm } from "../../design/useForm";
import { useTexts } from "../../i18n/dictionary";
import { reportingTexts } from "../../i18n/reporting";
import { reportTexts } from "../../i18n/reports";
import { withNext } from "../../shared/next";
import { PageSkeleton } from "../../shared/PageSkeleton";
import { useSession } from "../../shared/session";
import { emailMistake, mistakes } from "../auth/checks";
import { Verdict } from "../admin/Verdict";
import { EvidenceField } from "../status/EvidenceField";
import { evidenceMistake, useEvidence } from "../status/useEvidence";

const kinds: readonly ReportKind[] = ["fake_badge", "false_claim", "stolen_name", "other"];

/** Telling us of abuse, for anybody: about an organization (`?organization=` its address) or a page (`?url=`). */
export function ReportPage() {
  const t = useTexts(reportingTexts);
  const [parameters] = useSearchParams();
  const slug = parameters.get("organization") ?? "";
  const { user, status } = useSession();
  const page = useQuery({ ...organizationPage(slug), enabled: slug !== "" });
  if (status === "starting" || page.isLoading) return <PageSkeleton />;
  return (
    <div className="flex max-w-2xl flex-col gap-8">
      <PageHeader title={t.title} lead={t.lead} />
      <Reporting key={user?.id} user={user} about={page.data} />
    </div>
  );
}

type Parts = { user: User | null; about: OrganizationPage | undefined };

function Reporting({ user, about }: Parts) {
  const t = useTexts(reportingTexts);
  const [sentTo, setSentTo] = useState<string>();
  if (sentTo === undefined) return <ReportForm user={user} about={about} onSent={setSentTo} />;
  return (
    <Sent
      title={t.sentTitle}
      action={
        <div className="flex flex-wrap gap-3">
          {about && (
            <ButtonLink to={`/organizations/${about.slug}`} size="small">
              {t.back}
            </ButtonLink>
          )}
          <Button size="small" variant="quiet" onClick={() => setSentTo(undefined)}>
            {t.another}
          </Button>
        </div>
      }
    >
      {t.sentText(sentTo)}
    </Sent>
  );
}

function ReportForm({ user, about, onSent }: Parts & { onSent: (email: string) => void }) {
  const t = useTexts(reportingTexts);
  const { kind } = useTexts(reportTexts);
  const [parameters] = useSearchParams();
  const files = useEvidence(
    { folder: `claims/${user?.id ?? ""}`, organization_id: null },
    `report-evidence-${about?.slug ?? ""}`,
  );
  const form = useForm({
    draft: `report-${about?.slug ?? ""}`,
    initial: { kind: "", url: parameters.get("url") ?? "", message: "", email: "", files: "" },
    check: ({ kind, url, message, email }) => ({
      ...mistakes({
        kind: kind ? undefined : "required",
        url: about || url.trim() ? undefined : "required",
        message: message.trim() ? undefined : "required",
        email: user ? undefined : emailMistake(email),
      }),
      ...evidenceMistake(files, false),
    }),
    submit: async ({ kind, url, message, email }) => {
      await reportAbuse({
        kind,
        ...(about ? { organization_id: about.id } : {}),
        ...(url.trim() ? { url: url.trim() } : {}),
        message: message.trim(),
        ...(user ? { evidence_paths: files.paths } : { email: email.trim() }),
      });
      files.clear();
      form.reset();
      onSent(user?.email ?? email.trim());
    },
  });
  return (
    <Form form={form} explain={{ too_many_requests: t.tooMany }}>
      {about && (
        <p>
          <span className="block text-sm text-muted">{t.about}</span>
          <Link to={`/organizations/${about.slug}`} className="link text-lg wrap-anywhere">
            {about.name}
          </Link>
        </p>
      )}
      <Verdict
        {...form.field("kind")}
        label={t.kind}
        isLabelShown
        missing={t.kindMissing}
        choices={kinds.map((value) => ({ value, name: kind[value], help: t.kindHelp[value] }))}
      />
      <TextField
        {...form.field("url")}
        label={t.url}
        help={about ? t.urlHelp : t.urlHelpAlone}
        optional={about !== undefined}
        type="url"
        inputMode="url"
        autoComplete="off"
        maxLength={2000}
      />
      <TextareaField
        {...form.field("message")}
        label={t.message}
        help={t.messageHelp}
        rows={6}
        maxLength={4000}
      />
      {user ? (
        <EvidenceField {...form.field("files")} files={files} optional />
      ) : (
        <TextField
          {...form.field("email")}
          label={t.email}
          help={t.emailHelp}
          type="email"
          autoComplete="email"
          inputMode="email"
          autoCapitalize="none"
          spellCheck={false}
        />
      )}
      <p className="text-sm text-muted">{user ? t.answerTo(user.email) : <SignInForFiles />}</p>
      <Button
        type="submit"
        variant="primary"
        pending={form.pending && t.submitting}
        className="sm:self-start"
      >
        {t.submit}
      </Button>
    </Form>
  );
}

function SignInForFiles() {
  const t = useTexts(reportingTexts);
  const [parameters] = useSearchParams();
  return (
    <>
      {t.files}{" "}
      <Link to={withNext("/sign-in", `/report?${parameters}`)} className="link">
        {t.signIn}
      </Link>
    </>
  );
}
