import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { keys } from "../../api/keys";
import { nameChanges, requestNameChange, withdrawNameChange, type NameChange } from "../../api/nameChanges";
import type { Organization } from "../../api/organizations";
import { Button } from "../../design/Button";
import { ConfirmDialog } from "../../design/Dialog";
import { readDraft } from "../../design/drafts";
import { Form, TextareaField, TextField } from "../../design/Form";
import { Notice } from "../../design/Notice";
import { Card, Facts } from "../../design/Page";
import { Loaded, SkeletonLines } from "../../design/States";
import { toast } from "../../design/toast";
import { useForm } from "../../design/useForm";
import { DateTime } from "../../design/Values";
import { common } from "../../i18n/common";
import { useTexts } from "../../i18n/dictionary";
import { settingsTexts } from "../../i18n/settings";
import { useOrganization } from "../../shared/organization";
import { EvidenceField } from "../status/EvidenceField";
import { EvidenceFiles } from "../status/EvidenceFiles";
import { evidenceMistake, useEvidence } from "../status/useEvidence";

const formDraft = (organizationId: string) => `name-change-${organizationId}`;

/** The names while level B is held: they were verified, so another one is asked for. */
export function VerifiedNames({ organization }: { organization: Organization }) {
  const texts = useTexts(settingsTexts);
  const [t, p] = [texts.names, texts.profile];
  const requests = useQuery(nameChanges(organization.id));
  return (
    <div className="flex max-w-xl flex-col gap-4">
      <h3 className="text-lg">{t.title}</h3>
      <Facts
        items={[
          { name: p.name, value: organization.name },
          { name: p.legalName, value: organization.legal_name ?? p.empty },
        ]}
      />
      <p className="text-muted">{t.text}</p>
      <Loaded query={requests} skeleton={<SkeletonLines count={2} />}>
        {(list) => <State key={list[0]?.id} latest={list[0]} organization={organization} />}
      </Loaded>
    </div>
  );
}

function State({ latest, organization }: { latest: NameChange | undefined; organization: Organization }) {
  const t = useTexts(settingsTexts).names;
  const [isWriting, setWriting] = useState(
    () => latest?.status === "rejected" || readDraft(formDraft(organization.id)) !== undefined,
  );
  if (latest?.status === "pending") return <Pending request={latest} />;
  return (
    <>
      {latest?.status === "rejected" && (
        <Notice kind="warning" title={t.rejected(latest.name)}>
          <p className="whitespace-pre-line">{latest.review_comment}</p>
        </Notice>
      )}
      {isWriting ? (
        <NameChangeForm
          organization={organization}
          earlier={latest?.status === "rejected" ? latest : undefined}
        />
      ) : (
        <div>
          <Button onClick={() => setWriting(true)}>{t.begin}</Button>
        </div>
      )}
    </>
  );
}

function NameChangeForm({
  organization,
  earlier,
}: {
  organization: Organization;
  earlier: NameChange | undefined;
}) {
  const texts = useTexts(settingsTexts);
  const [t, p] = [texts.names, texts.profile];
  const queries = useQueryClient();
  const owner = { folder: organization.id, organization_id: organization.id };
  const files = useEvidence(owner, `name-evidence-${organization.id}`, earlier?.evidence_paths);
  const form = useForm({
    draft: formDraft(organization.id),
    initial: {
      name: earlier?.name ?? organization.name,
      legal_name: earlier?.legal_name ?? organization.legal_name ?? "",
      message: earlier?.message ?? "",
      files: "",
    },
    check: ({ name, legal_name, message }) => ({
      ...(name.trim() === "" && { name: "required" }),
      ...(legal_name.trim() === "" && { legal_name: "required" }),
      ...(message.trim() === "" && { message: "required" }),
      ...evidenceMistake(files, false),
    }),
    submit: async ({ name, legal_name, message }) => {
      await requestNameChange({
        organization_id: organization.id,
        name: name.trim(),
        legal_name: legal_name.trim(),
        message: message.trim(),
        evidence_paths: files.paths,
      });
      files.forget();
      toast(t.sent);
      await queries.invalidateQueries({ queryKey: keys.nameChanges(organization.id) });
    },
  });
  return (
    <Form form={form}>
      <TextField
        {...form.field("name")}
        label={t.newName}
        explain={{ unchanged: t.unchanged }}
        autoComplete="organization"
        maxLength={80}
      />
      <TextField
        {...form.field("legal_name")}
        label={t.newLegalName}
        help={p.legalNameHelp}
        autoComplete="off"
        maxLength={80}
      />
      <TextareaField
        {...form.field("message")}
        label={t.message}
        help={t.messageHelp}
        rows={4}
        maxLength={4000}
      />
      <EvidenceField {...form.field("files")} files={files} optional />
      <Button type="submit" pending={form.pending && t.submitting} className="self-stretch sm:self-start">
        {t.submit}
      </Button>
    </Form>
  );
}

function Pending({ request }: { request: NameChange }) {
  const texts = useTexts(settingsTexts);
  const [t, p] = [texts.names, texts.profile];
  const c = useTexts(common);
  const { timeZone } = useOrganization();
  const queries = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  return (
    <Card className="flex flex-col gap-4">
      <div>
        <h4 className="font-semibold">{t.pending}</h4>
        <p className="text-sm text-muted">
          {t.sentOn} <DateTime at={request.created_at} timeZone={timeZone} />
        </p>
      </div>
      <Facts
        items={[
          { name: p.name, value: request.name },
          { name: p.legalName, value: request.legal_name ?? p.empty },
        ]}
      />
      <p className="measure wrap-anywhere whitespace-pre-line">{request.message}</p>
      {request.evidence_paths.length > 0 && <EvidenceFiles paths={request.evidence_paths} />}
      <div>
        <Button size="small" onClick={() => setAsking(true)}>
          {t.withdraw}
        </Button>
      </div>
      <ConfirmDialog
        open={isAsking}
        onClose={() => setAsking(false)}
        title={t.withdrawTitle(request.name)}
        action={t.withdraw}
        pendingText={t.withdrawing}
        keep={c.close}
        onConfirm={async () => {
          try {
            await withdrawNameChange(request.id);
            toast(t.withdrawn);
          } finally {
            // Also when it was decided meanwhile: then the decision is shown.
            await Promise.all(
              [keys.nameChanges(request.organization_id), keys.account()].map((queryKey) =>
                queries.invalidateQueries({ queryKey }),
              ),
            );
          }
        }}
      >
        {t.withdrawText}
      </ConfirmDialog>
    </Card>
  );
}
