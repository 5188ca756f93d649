import { useQueryClient } from "@tanstack/react-query";
import { CircleAlert, CircleCheck, FilePlus2, RotateCw, X } from "lucide-react";
import { evidence, submitUpgradeRequest } from "../../api/upgradeRequests";
import { useOrganization } from "../../shared/organization";
import { Button, IconButton } from "../../design/Button";
import { FileButton } from "../../design/FileButton";
import { Form, TextareaField } from "../../design/Form";
import { Icon } from "../../design/Icon";
import { toast } from "../../design/toast";
import { useForm } from "../../design/useForm";
import { useTexts } from "../../i18n/dictionary";
import { errorTexts } from "../../i18n/errors";
import { fileFault, fileTexts } from "../../i18n/files";
import { useFormats } from "../../i18n/format";
import { upgradeTexts } from "../../i18n/upgrade";
import { messageDraft } from "./drafts";
import { useEvidence, type EvidenceItem } from "./useEvidence";
import { keys } from "../../api/keys";

/** Asking to be verified. `earlier`: what was said and handed in the last time, to begin from. */
export function UpgradeRequestForm({
  earlier,
  variant,
  onSent,
}: {
  earlier: { message: string; paths: readonly string[] };
  variant: "primary" | "secondary";
  onSent: () => void;
}) {
  const t = useTexts(upgradeTexts);
  const { organization } = useOrganization();
  const queries = useQueryClient();
  const files = useEvidence(organization.id, earlier.paths);
  const paths = files.items.flatMap((item) => (item.state === "done" ? [item.path] : []));
  const form = useForm({
    draft: messageDraft(organization.id),
    // `files` stands for the list below, which keeps its own draft.
    initial: { message: earlier.message, files: "" },
    check: ({ message }) => ({
      ...(message.trim() === "" && { message: "required" }),
      ...(files.items.some(({ state }) => state === "sending")
        ? { files: "stillSending" }
        : files.items.some(({ state }) => state === "failed")
          ? { files: "failedFiles" }
          : paths.length === 0 && { files: "noFiles" }),
    }),
    submit: async ({ message }) => {
      await submitUpgradeRequest({
        organization_id: organization.id,
        message: message.trim(),
        evidence_paths: paths,
      });
      files.forget();
      onSent();
      toast(t.submitted);
      await queries.invalidateQueries({ queryKey: keys.upgradeRequests(organization.id) });
    },
  });

  const fault = form.errors.files as "stillSending" | "failedFiles" | "noFiles" | undefined;
  return (
    <Form form={form} className="max-w-xl">
      <TextareaField
        {...form.field("message")}
        label={t.message}
        help={t.messageHelp}
        rows={6}
        maxLength={4000}
      />
      <div className="flex flex-col gap-3">
        <div>
          <h3 className="font-medium">{t.files}</h3>
          <p className="text-sm text-muted">{t.filesHelp(evidence.maxFiles)}</p>
        </div>
        {files.items.length > 0 && (
          <ul className="flex flex-col border-t border-line">
            {files.items.map((item, index) => (
              <FileLine
                key={item.key}
                item={item}
                name={item.name || t.fileOf(index + 1)}
                onRemove={() => {
                  form.change({ files: "" });
                  files.remove(item);
                }}
                onRetry={() => {
                  form.change({ files: "" });
                  files.retry(item);
                }}
              />
            ))}
          </ul>
        )}
        {files.isOverfull && (
          <p role="alert" className="text-sm text-bad">
            {t.tooMany(evidence.maxFiles)}
          </p>
        )}
        {files.items.length < evidence.maxFiles && (
          <div>
            <FileButton
              accept={evidence.types}
              multiple
              icon={<Icon of={FilePlus2} size={18} />}
              onFiles={(chosen) => {
                form.change({ files: "" });
                files.add(chosen);
              }}
            >
              {t.addFiles}
            </FileButton>
          </div>
        )}
      </div>
      {fault && (
        <p role="alert" tabIndex={-1} data-problem className="text-bad">
          {{ stillSending: t.stillSending, failedFiles: t.failedFiles, noFiles: t.noFiles }[fault]}
        </p>
      )}
      <div className="flex flex-col gap-2">
        <Button
          type="submit"
          variant={variant}
          pending={form.pending && t.submitting}
          className="self-stretch sm:self-start"
        >
          {t.submit}
        </Button>
        <p className="text-sm text-muted">{t.draft}</p>
      </div>
    </Form>
  );
}

function FileLine({
  item,
  name,
  onRemove,
  onRetry,
}: {
  item: EvidenceItem;
  name: string;
  onRemove: () => void;
  onRetry: () => void;
}) {
  const t = useTexts(upgradeTexts);
  const f = useTexts(fileTexts);
  const errors = useTexts(errorTexts);
  const { fileSize, percent } = useFormats();
  const isSending = item.state === "sending";
  return (
    <li className="flex items-center gap-3 border-b border-line py-2">
      <div className="flex min-w-0 flex-1 flex-col gap-1">
        <div className="flex items-baseline justify-between gap-3">
          <span className="truncate" title={name}>
            {name}
          </span>
          <span className="shrink-0 text-sm text-muted tabular-nums">
            {item.bytes > 0 && fileSize(item.bytes)}
          </span>
        </div>
        {isSending && (
          <div className="flex items-center gap-3 text-sm text-muted">
            <progress
              aria-label={name}
              max={1}
              // All sent and not judged yet: the bar says that it goes on, without a number.
              {...(item.share < 1 ? { value: item.share } : {})}
              className="h-1.5 min-w-0 flex-1 appearance-none overflow-hidden rounded-full bg-line [&::-moz-progress-bar]:bg-accent [&::-webkit-progress-bar]:bg-line [&::-webkit-progress-value]:bg-accent"
            />
            <span className="w-28 text-right tabular-nums">
              {item.share < 1 ? `${t.sending} ${percent(item.share)}` : t.judging}
            </span>
          </div>
        )}
        {item.state === "done" && (
          <span className="flex items-center gap-1.5 text-sm text-good">
            <Icon of={CircleCheck} size={16} />
            {t.done}
          </span>
        )}
        {item.state === "failed" && (
          <span role="alert" className="flex items-start gap-1.5 text-sm text-bad">
            <span className="mt-0.5">
              <Icon of={CircleAlert} size={16} />
            </span>
            {fileFault(item.error, f, "document") ?? errors[item.error.code]}
          </span>
        )}
      </div>
      {item.state === "failed" && item.error.code !== "invalid_input" && (
        <IconButton label={t.retryFile(name)} onClick={onRetry}>
          <Icon of={RotateCw} size={18} />
        </IconButton>
      )}
      <IconButton label={isSending ? t.stopFile(name) : t.removeFile(name)} onClick={onRemove}>
        <Icon of={X} size={18} />
      </IconButton>
    </li>
  );
}
