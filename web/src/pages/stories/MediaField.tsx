import { clsx } from "clsx";
import { CircleCheck, FilePlus2, RotateCw, X } from "lucide-react";
import { useId, useRef, useState, type ReactNode } from "react";
import { Link } from "react-router";
import { mediaTypes } from "../../api/storyMedia";
import { Button } from "../../design/Button";
import { FileButton } from "../../design/FileButton";
import { Icon } from "../../design/Icon";
import { Notice } from "../../design/Notice";
import { Progress } from "../../design/Progress";
import type { Field } from "../../design/useForm";
import { common } from "../../i18n/common";
import { useTexts } from "../../i18n/dictionary";
import { errorTexts, fieldErrorTexts } from "../../i18n/errors";
import { useFormats } from "../../i18n/format";
import { storyTexts } from "../../i18n/stories";
import { mediaTexts } from "../../i18n/storyMedia";
import type { useStoryMedia } from "./useStoryMedia";

/** The video or picture of a story: chosen or dropped, sent with numbers, looked at, and taken away again. */
export function MediaField({
  media,
  error,
  onChange,
}: Field<string> & { media: ReturnType<typeof useStoryMedia> }) {
  const t = useTexts(mediaTexts);
  const c = useTexts(common);
  const fieldErrors: Partial<Record<string, string>> = useTexts(fieldErrorTexts);
  const id = useId();
  const group = useRef<HTMLDivElement>(null);
  const [isOver, setOver] = useState(false);
  const { state } = media.media;
  const isUnderWay = state === "sending" || state === "checking";

  function choose(files: readonly File[]) {
    const [file] = files;
    if (!file) return;
    onChange("");
    media.choose(file);
  }

  return (
    // eslint-disable-next-line jsx-a11y-x/no-noninteractive-element-interactions -- dropping is a second way: the button is the first
    <div
      ref={group}
      role="group"
      tabIndex={-1}
      aria-labelledby={id}
      aria-describedby={`${id}-help`}
      className={clsx(
        "flex flex-col gap-3 rounded-md border border-dashed p-4 focus-visible:rounded-md",
        isOver ? "border-ink bg-sunken" : "border-edge",
      )}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        choose([...event.dataTransfer.files]);
      }}
    >
      <div>
        <p id={id} className="font-medium">
          {t.label}
          <span className="font-normal text-muted"> · {c.optional}</span>
        </p>
        <p id={`${id}-help`} className="text-sm text-muted">
          {t.help}
        </p>
      </div>
      <State media={media} />
      <div className="flex flex-wrap items-center gap-3">
        <FileButton accept={mediaTypes} icon={<Icon of={FilePlus2} size={18} />} onFiles={choose}>
          {state === "none" ? t.choose : state === "ready" ? t.replace : t.another}
        </FileButton>
        {state === "none" && <span className="hidden text-sm text-muted sm:inline">{t.drop}</span>}
        {(state === "unsent" || state === "unchecked") && (
          <Button icon={<Icon of={RotateCw} size={18} />} onClick={() => media.retry()}>
            {state === "unsent" ? t.retry : t.checkAgain}
          </Button>
        )}
        {state !== "none" && (
          <Button
            variant="quiet"
            icon={<Icon of={X} size={18} />}
            onClick={() => {
              onChange("");
              media.remove();
              // The button goes with the file.
              group.current?.focus();
            }}
          >
            {isUnderWay ? t.stop : t.remove}
          </Button>
        )}
      </div>
      {error && (
        <p role="alert" tabIndex={-1} data-problem className="text-sm text-bad">
          {{ stillSending: t.stillSending, unfinished: t.unfinished }[error] ??
            fieldErrors[error] ??
            t.problem.other}
        </p>
      )}
    </div>
  );
}

/** What is known of the file just now. */
function State({ media: { media } }: { media: ReturnType<typeof useStoryMedia> }) {
  const t = useTexts(mediaTexts);
  const errors = useTexts(errorTexts);
  const { percent } = useFormats();
  const problems: Partial<Record<string, string>> = t.problem;
  switch (media.state) {
    case "none":
      return null;
    case "sending":
      return (
        <Progress label={t.share(media.name)} value={media.share} max={1} of="" note={percent(media.share)} />
      );
    case "checking":
      return (
        <div role="status" className="flex flex-col gap-1.5">
          <span className="wrap-anywhere">{media.name}</span>
          <progress
            aria-label={t.checking}
            className="h-2 w-full appearance-none overflow-hidden rounded-full bg-line [&::-moz-progress-bar]:bg-accent [&::-webkit-progress-bar]:bg-line [&::-webkit-progress-value]:bg-accent"
          />
          <span className="text-sm text-muted">{t.checking}</span>
        </div>
      );
    case "interrupted":
      return <Notice kind="warning">{t.interrupted(media.name)}</Notice>;
    case "refused":
      return (
        <Notice kind="bad" live="alert" title={t.refused(media.name)}>
          {media.problems.map((code) => (
            <p key={code}>{problems[code] ?? t.problem.other}</p>
          ))}
        </Notice>
      );
    case "unsent":
      return (
        <Failure code={media.error.code}>
          {media.error.code === "offline" ? t.lost : errors[media.error.code]}
        </Failure>
      );
    case "unchecked":
      return (
        <Failure code={media.error.code}>
          {t.notChecked} {errors[media.error.code]}
        </Failure>
      );
    case "ready":
      return (
        <p role="status" className="flex items-start gap-2 text-good">
          <span className="mt-0.5">
            <Icon of={CircleCheck} />
          </span>
          <span className="min-w-0">
            <span className="block wrap-anywhere">{media.name || t.kind[media.kind]}</span>
            <span className="block text-sm">{t.ready}</span>
          </span>
        </p>
      );
  }
}

function Failure({ code, children }: { code: string; children: ReactNode }) {
  const t = useTexts(storyTexts).write;
  const isUnpaid = code === "subscription_required";
  return (
    <Notice
      kind="bad"
      live="alert"
      action={
        isUnpaid && (
          <Link to="/dashboard/billing" className="link inline-flex min-h-8 items-center">
            {t.toBilling}
          </Link>
        )
      }
    >
      {isUnpaid ? t.subscribe : children}
    </Notice>
  );
}
