import { CircleAlert, CircleCheck, FilePlus2, RotateCw, X } from "lucide-react";
import { useId } from "react";
import { evidence } from "../../api/upgradeRequests";
import { IconButton } from "../../design/Button";
import { FileButton } from "../../design/FileButton";
import { Icon } from "../../design/Icon";
import type { Field } from "../../design/useForm";
import { common } from "../../i18n/common";
import { useTexts } from "../../i18n/dictionary";
import { errorTexts } from "../../i18n/errors";
import { fileFault, fileTexts } from "../../i18n/files";
import { useFormats } from "../../i18n/format";
import { upgradeTexts } from "../../i18n/upgrade";
import type { EvidenceItem, useEvidence } from "./useEvidence";

/** The papers that go with a request. The form's field `files` only stands for the list, which keeps its own draft. */
export function EvidenceField({
  files,
  names,
  optional,
  error,
  onChange,
}: Field<string> & {
  files: ReturnType<typeof useEvidence>;
  /** What files of an earlier request are called, by their paths. */
  names?: ReadonlyMap<string, string | null>;
  optional?: boolean;
}) {
  const t = useTexts(upgradeTexts);
  const c = useTexts(common);
  const id = useId();
  const fault = error as "stillSending" | "failedFiles" | "noFiles" | undefined;
  return (
    <>
      <div role="group" aria-labelledby={id} className="flex flex-col gap-3">
        <div>
          <p id={id} className="font-medium">
            {t.files}
            {optional && <span className="font-normal text-muted"> · {c.optional}</span>}
          </p>
          <p className="text-sm text-muted">{t.filesHelp(evidence.maxFiles)}</p>
        </div>
        {files.items.length > 0 && (
          <ul className="flex flex-col border-t border-line">
            {files.items.map((item, index) => (
              <FileLine
                key={item.key}
                item={item}
                name={item.name || (names?.get(item.key) ?? t.fileOf(index + 1))}
                onRemove={() => {
                  onChange("");
                  files.remove(item);
                }}
                onRetry={() => {
                  onChange("");
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
                onChange("");
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
    </>
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
