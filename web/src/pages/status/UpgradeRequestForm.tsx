import { useQuery, useQueryClient } from "@tanstack/react-query";
import { keys } from "../../api/keys";
import { evidenceFiles, submitUpgradeRequest } from "../../api/upgradeRequests";
import { Button } from "../../design/Button";
import { Form, TextareaField } from "../../design/Form";
import { toast } from "../../design/toast";
import { useForm } from "../../design/useForm";
import { useTexts } from "../../i18n/dictionary";
import { upgradeTexts } from "../../i18n/upgrade";
import { useOrganization } from "../../shared/organization";
import { evidenceDraft, messageDraft } from "./drafts";
import { EvidenceField } from "./EvidenceField";
import { evidenceMistake, useEvidence } from "./useEvidence";

/**
 * Asking to be verified, or answering when more was asked for. `earlier`: what was said and handed in the last time, to
 * begin from.
 */
export function UpgradeRequestForm({
  earlier,
  isAnswer,
  variant,
  onSent,
}: {
  earlier: { message: string; paths: readonly string[] };
  isAnswer: boolean;
  variant: "primary" | "secondary";
  onSent: () => void;
}) {
  const t = useTexts(upgradeTexts);
  const { organization } = useOrganization();
  const queries = useQueryClient();
  const owner = { folder: organization.id, organization_id: organization.id };
  const files = useEvidence(owner, evidenceDraft(organization.id), earlier.paths);
  const known = useQuery(evidenceFiles(earlier.paths));
  const names = new Map(known.data?.map(({ path, name }) => [path, name]));
  const form = useForm({
    draft: messageDraft(organization.id),
    initial: { message: earlier.message, files: "" },
    check: ({ message }) => ({
      ...(message.trim() === "" && { message: "required" }),
      ...evidenceMistake(files, !isAnswer),
    }),
    submit: async ({ message }) => {
      await submitUpgradeRequest({
        organization_id: organization.id,
        message: message.trim(),
        evidence_paths: files.paths,
      });
      files.forget();
      onSent();
      toast(isAnswer ? t.answered : t.submitted);
      await queries.invalidateQueries({ queryKey: keys.statusOverview(organization.id) });
    },
  });
  return (
    <Form form={form} className="max-w-xl">
      <TextareaField
        {...form.field("message")}
        label={isAnswer ? t.answer : t.message}
        help={isAnswer ? t.answerHelp : t.messageHelp}
        rows={isAnswer ? 4 : 6}
        maxLength={4000}
      />
      <EvidenceField {...form.field("files")} files={files} optional={isAnswer} names={names} />
      <div className="flex flex-col gap-2">
        <Button
          type="submit"
          variant={variant}
          pending={form.pending && t.submitting}
          className="self-stretch sm:self-start"
        >
          {isAnswer ? t.sendAnswer : t.submit}
        </Button>
        <p className="text-sm text-muted">{t.draft}</p>
      </div>
    </Form>
  );
}
