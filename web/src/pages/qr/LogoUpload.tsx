import { ImagePlus } from "lucide-react";
import { useEffect, useId, useRef, useState } from "react";
import { asApiError, type ApiError } from "../../api/errors";
import { uploadFault, type OnProgress } from "../../api/storage";
import { Button } from "../../design/Button";
import { FileButton } from "../../design/FileButton";
import { Icon } from "../../design/Icon";
import { Problem } from "../../design/Notice";
import { Progress } from "../../design/Progress";
import { useTexts } from "../../i18n/dictionary";
import { fileFault, fileTexts } from "../../i18n/files";
import { useFormats } from "../../i18n/format";
import { qrTexts } from "../../i18n/qr";

const pictures = ["image/jpeg", "image/png", "image/webp"] as const;

type Logo = { path: string | null; scale: number };

/** A logo in the middle of a code: what is no picture is refused before it is sent, what only looks like one after. */
export function LogoUpload({
  logo,
  send,
  onLogo,
}: {
  logo: Logo;
  /** Sends the file and has it inspected; the path of what was made of it. */
  send: (file: File, options: { onProgress: OnProgress; signal: AbortSignal }) => Promise<string>;
  onLogo: (changes: Partial<Logo>) => void;
}) {
  const t = useTexts(qrTexts).style;
  const f = useTexts(fileTexts);
  const { percent } = useFormats();
  const id = useId();
  const [sent, setSent] = useState<number>();
  const [problem, setProblem] = useState<ApiError>();
  const stop = useRef<AbortController>(undefined);
  useEffect(() => () => stop.current?.abort(), []);

  async function upload(file: File) {
    const fault = uploadFault(file, pictures);
    setProblem(fault);
    if (fault) return;
    const controller = new AbortController();
    stop.current = controller;
    setSent(0);
    try {
      onLogo({ path: await send(file, { onProgress: setSent, signal: controller.signal }) });
    } catch (error) {
      if (!controller.signal.aborted) setProblem(asApiError(error));
    } finally {
      setSent(undefined);
    }
  }

  const fault = problem && fileFault(problem, f, "picture");
  return (
    <fieldset className="flex flex-col gap-3">
      <legend className="pb-2 font-medium">{t.logo}</legend>
      <div className="flex flex-wrap gap-3">
        <FileButton
          accept={pictures}
          size="small"
          icon={<Icon of={ImagePlus} size={18} />}
          pending={sent !== undefined && t.sending}
          onFiles={([file]) => file && void upload(file)}
        >
          {logo.path ? t.logoChange : t.logoChoose}
        </FileButton>
        {logo.path && (
          <Button size="small" onClick={() => onLogo({ path: null })}>
            {t.logoRemove}
          </Button>
        )}
      </div>
      {sent !== undefined && <Progress label={t.sending} value={sent} note={percent(sent)} />}
      {problem &&
        (fault ? (
          <p role="alert" className="text-bad">
            {fault}
          </p>
        ) : (
          <Problem error={problem} />
        ))}
      {logo.path && (
        <div className="flex max-w-xs flex-col gap-1.5">
          <label htmlFor={id}>{t.logoScale}</label>
          <div className="flex items-center gap-3">
            <input
              id={id}
              type="range"
              min={0.1}
              max={0.3}
              step={0.01}
              value={logo.scale}
              aria-valuetext={percent(logo.scale)}
              className="h-11 flex-1 accent-ink"
              onChange={(event) => onLogo({ scale: Number(event.target.value) })}
            />
            <output htmlFor={id} className="tabular-nums">
              {percent(logo.scale)}
            </output>
          </div>
        </div>
      )}
      <p className="text-sm text-muted">{t.logoHelp}</p>
    </fieldset>
  );
}
