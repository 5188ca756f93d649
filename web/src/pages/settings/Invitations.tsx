import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Copy } from "lucide-react";
import { useState } from "react";
import { asApiError, type ApiError } from "../../api/errors";
import type { OrganizationRole } from "../../api/organizations";
import { inviteMember, openInvitations, revokeInvitation, type Invitation } from "../../api/team";
import { useOrganization } from "../../shared/organization";
import { Button } from "../../design/Button";
import { ConfirmDialog } from "../../design/Dialog";
import { Form, SelectField, TextField } from "../../design/Form";
import { Icon } from "../../design/Icon";
import { Notice, Problem } from "../../design/Notice";
import { Loaded, SkeletonLines } from "../../design/States";
import { Table } from "../../design/Table";
import { toast } from "../../design/toast";
import { useForm } from "../../design/useForm";
import { DateTime } from "../../design/Values";
import { useTexts } from "../../i18n/dictionary";
import { organizationTexts } from "../../i18n/organizations";
import { settingsTexts } from "../../i18n/settings";
import { emailMistake } from "../auth/checks";
import { rolesBelow } from "./People";
import { keys } from "../../api/keys";

type Sent = { email: string; token: string };

/** Calling people in: by e-mail, and by a link that is shown this once. */
export function Invitations() {
  const t = useTexts(settingsTexts).invitations;
  const { organization } = useOrganization();
  const [sent, setSent] = useState<Sent>();
  return (
    <div className="flex flex-col gap-6">
      <h3 className="text-lg">{t.title}</h3>
      <InviteForm onSent={setSent} />
      {sent && <SentNotice key={sent.token} sent={sent} />}
      <div className="flex flex-col gap-3">
        <h3 className="text-lg">{t.open}</h3>
        <Loaded query={useQuery(openInvitations(organization.id))} skeleton={<SkeletonLines count={2} />}>
          {(list) =>
            list.length === 0 ? (
              <p className="text-muted">{t.none}</p>
            ) : (
              <InvitationList list={list} onSent={setSent} />
            )
          }
        </Loaded>
      </div>
    </div>
  );
}

function InviteForm({ onSent }: { onSent: (sent: Sent) => void }) {
  const t = useTexts(settingsTexts).invitations;
  const names = useTexts(organizationTexts).role;
  const { organization, role } = useOrganization();
  const queries = useQueryClient();
  const form = useForm<{ email: string; role: string }>({
    draft: `invitation-${organization.id}`,
    initial: { email: "", role: "editor" },
    check: ({ email }): { email?: string } => {
      const mistake = emailMistake(email);
      return mistake ? { email: mistake } : {};
    },
    submit: async (values) => {
      const email = values.email.trim();
      const { token } = await inviteMember({
        organization_id: organization.id,
        email,
        role: values.role as OrganizationRole,
      });
      await queries.invalidateQueries({ queryKey: keys.invitations(organization.id) });
      onSent({ email, token });
      form.reset({ email: "", role: values.role });
    },
  });
  return (
    <Form form={form} className="max-w-xl" explain={{ plan_limit_reached: t.full }}>
      <TextField
        {...form.field("email")}
        label={t.email}
        help={t.emailHelp}
        explain={{ already_member: t.already_member }}
        type="email"
        inputMode="email"
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
      />
      <SelectField
        {...form.field("role")}
        label={t.role}
        options={rolesBelow(role).map((each) => ({ value: each, label: names[each] }))}
      />
      <Button type="submit" pending={form.pending && t.submitting} className="self-stretch sm:self-start">
        {t.submit}
      </Button>
    </Form>
  );
}

function SentNotice({ sent }: { sent: Sent }) {
  const t = useTexts(settingsTexts).invitations;
  const link = `${location.origin}/invitations/${sent.token}`;
  return (
    <Notice kind="good" live="status" title={t.sent(sent.email)}>
      <p>{t.sentText}</p>
      <div className="mt-2 flex flex-wrap items-center gap-3">
        <code aria-label={t.link} className="min-w-0 font-sans text-sm break-all text-muted">
          {link}
        </code>
        <Button
          size="small"
          icon={<Icon of={Copy} size={16} />}
          onClick={() => void navigator.clipboard.writeText(link).then(() => toast(t.copied))}
        >
          {t.copy}
        </Button>
      </div>
    </Notice>
  );
}

function InvitationList({
  list,
  onSent,
}: {
  list: readonly Invitation[];
  onSent: (sent: Sent | undefined) => void;
}) {
  const texts = useTexts(settingsTexts);
  const t = texts.invitations;
  const names = useTexts(organizationTexts).role;
  const { organization, role, timeZone } = useOrganization();
  const queries = useQueryClient();
  const [now] = useState(() => Date.now());
  const [sending, setSending] = useState<string>();
  const [problem, setProblem] = useState<ApiError>();
  const [revoking, setRevoking] = useState<Invitation>();

  async function again(invitation: Invitation) {
    setSending(invitation.id);
    setProblem(undefined);
    try {
      const { email, role } = invitation;
      const { token } = await inviteMember({ organization_id: organization.id, email, role });
      await queries.invalidateQueries({ queryKey: keys.invitations(organization.id) });
      onSent({ email, token });
    } catch (error) {
      setProblem(asApiError(error));
    } finally {
      setSending(undefined);
    }
  }

  return (
    <>
      {problem && <Problem error={problem} explain={{ plan_limit_reached: t.full }} />}
      <Table
        caption={t.open}
        rows={list}
        rowKey={({ id }) => id}
        columns={[
          {
            key: "to",
            title: t.to,
            cell: ({ email, email_state }) => (
              <span className="flex flex-col">
                <span className="break-all">{email}</span>
                {email_state === "failed" && <span className="text-sm text-bad">{t.notDelivered}</span>}
              </span>
            ),
          },
          { key: "role", title: t.role, cell: (invitation) => names[invitation.role] },
          {
            key: "until",
            title: t.until,
            cell: ({ expires_at }) =>
              Date.parse(expires_at) <= now ? (
                <span className="text-muted">{t.over}</span>
              ) : (
                <DateTime at={expires_at} timeZone={timeZone} />
              ),
          },
          {
            key: "actions",
            title: texts.people.actions,
            align: "right",
            cell: (invitation) => (
              <span className="flex flex-wrap justify-end gap-2">
                {rolesBelow(role).includes(invitation.role) && (
                  <Button
                    size="small"
                    aria-label={t.againLabel(invitation.email)}
                    pending={sending === invitation.id && t.sendingAgain}
                    onClick={() => void again(invitation)}
                  >
                    {t.again}
                  </Button>
                )}
                <Button
                  size="small"
                  aria-label={t.revokeLabel(invitation.email)}
                  onClick={() => setRevoking(invitation)}
                >
                  {t.revoke}
                </Button>
              </span>
            ),
          },
        ]}
      />
      <ConfirmDialog
        open={revoking !== undefined}
        onClose={() => setRevoking(undefined)}
        title={revoking ? t.revokeTitle(revoking.email) : ""}
        action={t.revokeAction}
        pendingText={t.revoking}
        onConfirm={async () => {
          if (!revoking) return;
          await revokeInvitation(revoking.id);
          await queries.invalidateQueries({ queryKey: keys.invitations(organization.id) });
          onSent(undefined);
          toast(t.revoked(revoking.email));
        }}
      >
        {t.revokeText}
      </ConfirmDialog>
    </>
  );
}
