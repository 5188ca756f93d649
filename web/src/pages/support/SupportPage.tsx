import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useSearchParams } from "react-router";
import { keys } from "../../api/keys";
import { myOrganizations } from "../../api/organizations";
import type { User } from "../../api/session";
import { mySupportMessages, sendSupportMessage, type SupportMessage } from "../../api/support";
import { Button } from "../../design/Button";
import { Form, SelectField, TextareaField, TextField } from "../../design/Form";
import { PageHeader, Section } from "../../design/Page";
import { Sent } from "../../design/Sent";
import { Loaded, SkeletonLines } from "../../design/States";
import { useForm } from "../../design/useForm";
import { DateTime } from "../../design/Values";
import { useTexts } from "../../i18n/dictionary";
import { supportTexts } from "../../i18n/support";
import { PageSkeleton } from "../../shared/PageSkeleton";
import { useSession } from "../../shared/session";
import { emailMistake, mistakes } from "../auth/checks";

/** Writing to us, for anybody; whoever is signed in finds what they wrote and what we answered below. */
export function SupportPage() {
  const t = useTexts(supportTexts);
  const { user, status } = useSession();
  if (status === "starting") return <PageSkeleton />;
  return (
    <div className="flex max-w-2xl flex-col gap-10">
      <PageHeader title={t.title} lead={t.lead} />
      <Writing key={user?.id} user={user} />
      {user && <Mine userId={user.id} />}
    </div>
  );
}

type Ticketed = { number: number; email: string };

function Writing({ user }: { user: User | null }) {
  const t = useTexts(supportTexts);
  const [sent, setSent] = useState<Ticketed>();
  if (!sent) return <MessageForm user={user} onSent={setSent} />;
  return (
    <Sent
      title={t.sentTitle(sent.number)}
      action={
        <Button size="small" onClick={() => setSent(undefined)}>
          {t.another}
        </Button>
      }
    >
      {t.sentText(sent.email)}
    </Sent>
  );
}

function MessageForm({ user, onSent }: { user: User | null; onSent: (sent: Ticketed) => void }) {
  const t = useTexts(supportTexts);
  const queries = useQueryClient();
  const [parameters] = useSearchParams();
  const organizations = useQuery({ ...myOrganizations(user?.id ?? ""), enabled: user !== null });
  const reference = parameters.get("reference");
  const form = useForm({
    draft: "support",
    initial: {
      subject: reference ? t.subjectOf(reference) : "",
      message: "",
      email: "",
      organization_id: "",
    },
    check: ({ subject, message, email }) =>
      mistakes({
        subject: subject.trim() ? undefined : "required",
        message: message.trim() ? undefined : "required",
        email: user ? undefined : emailMistake(email),
      }),
    submit: async ({ subject, message, email, organization_id }) => {
      const { number } = await sendSupportMessage({
        subject: subject.trim(),
        message: message.trim(),
        ...(user ? {} : { email: email.trim() }),
        ...(user && organization_id ? { organization_id } : {}),
      });
      onSent({ number, email: user?.email ?? email.trim() });
      if (user) await queries.invalidateQueries({ queryKey: keys.mySupportMessages(user.id) });
    },
  });
  return (
    <Form form={form} explain={{ too_many_requests: t.tooMany }}>
      {!user && (
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
      {organizations.data && organizations.data.length > 0 && (
        <SelectField
          {...form.field("organization_id")}
          label={t.organization}
          optional
          options={[
            { value: "", label: t.noOrganization },
            ...organizations.data.map(({ organization }) => ({
              value: organization.id,
              label: organization.name,
            })),
          ]}
        />
      )}
      <TextField {...form.field("subject")} label={t.subject} autoComplete="off" maxLength={120} />
      <TextareaField
        {...form.field("message")}
        label={t.message}
        help={t.messageHelp}
        rows={7}
        maxLength={4000}
      />
      {user && <p className="text-sm text-muted">{t.answerTo(user.email)}</p>}
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

function Mine({ userId }: { userId: string }) {
  const t = useTexts(supportTexts);
  const messages = useQuery(mySupportMessages(userId));
  return (
    <Section title={t.mine}>
      <Loaded query={messages} skeleton={<SkeletonLines count={4} />}>
        {(list) =>
          list.length === 0 ? (
            <p className="measure text-muted">{t.none}</p>
          ) : (
            <ul className="flex flex-col border-t border-line">
              {list.map((message) => (
                <li key={message.id} className="border-b border-line">
                  <Ticket message={message} />
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Section>
  );
}

function Ticket({ message }: { message: SupportMessage }) {
  const t = useTexts(supportTexts);
  return (
    <details className="py-3">
      <summary className="flex cursor-pointer list-none flex-col gap-x-4 sm:flex-row sm:items-baseline sm:justify-between [&::-webkit-details-marker]:hidden">
        <span className="link min-w-0 wrap-anywhere">{message.subject}</span>
        <span className="shrink-0 text-sm text-muted">
          {t.number(message.number)} · <DateTime at={message.created_at} show="date" /> ·{" "}
          {message.answered_at ? t.answered : t.open}
        </span>
      </summary>
      <div className="flex flex-col gap-4 pt-3">
        <p className="measure wrap-anywhere whitespace-pre-line">{message.message}</p>
        {message.support_answers.map((answer) => (
          <div key={answer.id} className="border-l-2 border-ink pl-4">
            <p className="text-sm text-muted">
              {t.answer}, <DateTime at={answer.created_at} />
            </p>
            <p className="measure wrap-anywhere whitespace-pre-line">{answer.message}</p>
          </div>
        ))}
      </div>
    </details>
  );
}
