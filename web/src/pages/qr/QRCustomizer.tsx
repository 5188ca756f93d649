import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { Download, ImagePlus } from "lucide-react";
import { useEffect, useId, useRef, useState } from "react";
import { asApiError, type ApiError } from "../../api/errors";
import { keys } from "../../api/keys";
import {
  qrFormats,
  qrPicture,
  qrPreview,
  qrShapes,
  qrStyle,
  qrVerdict,
  saveQrStyle,
  uploadQrLogo,
  type QrCode,
  type QrFormat,
  type QrStyle,
  type QrVerdict,
} from "../../api/qr";
import { uploadFault } from "../../api/storage";
import { Button } from "../../design/Button";
import { FileButton } from "../../design/FileButton";
import { SelectField, TextField } from "../../design/Form";
import { Icon } from "../../design/Icon";
import { Notice, Problem } from "../../design/Notice";
import { Loaded, Skeleton } from "../../design/States";
import { toast } from "../../design/toast";
import { useTexts } from "../../i18n/dictionary";
import { errorTexts, fieldErrorTexts } from "../../i18n/errors";
import { fileFault, fileTexts } from "../../i18n/files";
import { useFormats } from "../../i18n/format";
import { qrTexts } from "../../i18n/qr";
import { useOrganization } from "../../shared/organization";
import { saveFile } from "../../shared/saveFile";

const pictures = ["image/jpeg", "image/png", "image/webp"] as const;

/** How a code looks: chosen beside a preview that follows, judged by two decoders before it is printed, downloaded. */
export function QRCustomizer({ code, mayWrite }: { code: QrCode; mayWrite: boolean }) {
  const style = useQuery(qrStyle(code.id));
  return (
    <Loaded query={style} skeleton={<Skeleton className="h-80 w-full rounded-md" />}>
      {(saved) => <Customizer code={code} saved={saved} mayWrite={mayWrite} />}
    </Loaded>
  );
}

function Customizer({ code, saved, mayWrite }: { code: QrCode; saved: QrStyle; mayWrite: boolean }) {
  const t = useTexts(qrTexts).style;
  const queries = useQueryClient();
  const [style, setStyle] = useState(saved);
  const [pending, setPending] = useState(false);
  const [problem, setProblem] = useState<ApiError>();
  const asked = useSettled(style);
  const verdict = useQuery({ ...qrVerdict(asked), placeholderData: keepPreviousData });
  const isSaved = JSON.stringify(style) === JSON.stringify(saved);
  const change = (changes: Partial<QrStyle>) => setStyle((before) => ({ ...before, ...changes }));

  async function save() {
    setPending(true);
    setProblem(undefined);
    try {
      await saveQrStyle(code.id, style);
      await queries.invalidateQueries({ queryKey: keys.qrStyle(code.id) });
      toast(t.saved);
    } catch (error) {
      setProblem(asApiError(error));
    } finally {
      setPending(false);
    }
  }

  return (
    <div className="grid items-start gap-8 lg:grid-cols-[minmax(0,1fr)_20rem]">
      <div className="flex flex-col gap-5">
        {mayWrite && (
          <>
            <Looks style={style} change={change} />
            <LogoField style={style} change={change} />
            {problem && <Problem error={problem} />}
            <div className="flex flex-wrap gap-3">
              <Button variant="primary" pending={pending && t.applying} onClick={() => void save()}>
                {t.apply}
              </Button>
              {!isSaved && <Button onClick={() => setStyle(saved)}>{t.reset}</Button>}
            </div>
          </>
        )}
        <Downloads code={code} isSaved={isSaved} />
      </div>
      <div className="flex flex-col gap-4 lg:order-last">
        <Preview style={asked} />
        <Verdict verdict={verdict.data} />
      </div>
    </div>
  );
}

/** What was chosen last, once the hand has come to rest: a picker's drag is not a hundred drawings. */
function useSettled<Value>(value: Value): Value {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), 250);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

function Looks({ style, change }: { style: QrStyle; change: (changes: Partial<QrStyle>) => void }) {
  const t = useTexts(qrTexts).style;
  const frame = style.frame_text === null ? "none" : (style.frame_language ?? "ru");
  return (
    <>
      <div className="grid gap-5 sm:grid-cols-2">
        <ColourField
          label={t.foreground}
          value={style.foreground}
          onChange={(foreground) => change({ foreground })}
        />
        <ColourField
          label={t.background}
          value={style.background}
          onChange={(background) => change({ background })}
        />
        <SelectField
          name="module_shape"
          label={t.shape}
          value={style.module_shape}
          error={undefined}
          onChange={(module_shape) => change({ module_shape })}
          options={qrShapes.map((shape) => ({ value: shape, label: t.shapes[shape] }))}
        />
        <SelectField
          name="frame"
          label={t.frame}
          value={frame}
          error={undefined}
          onChange={(language) =>
            change(
              language === "none"
                ? { frame_text: null, frame_language: null }
                : { frame_text: t.frameWords[language], frame_language: language },
            )
          }
          options={[
            { value: "none", label: t.frameNone },
            { value: "ru", label: t.frameRu },
            { value: "en", label: t.frameEn },
          ]}
        />
      </div>
      {style.frame_text !== null && (
        <TextField
          name="frame_text"
          label={t.frameText}
          value={style.frame_text}
          error={undefined}
          maxLength={60}
          autoComplete="off"
          onChange={(frame_text) => change({ frame_text })}
        />
      )}
    </>
  );
}

/** The browser's own picker, and the same colour in letters. */
function ColourField({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string;
  onChange: (value: string) => void;
}) {
  const t = useTexts(qrTexts).style;
  const id = useId();
  const [typed, setTyped] = useState(value);
  const [before, setBefore] = useState(value);
  if (value !== before) {
    setBefore(value);
    setTyped(value);
  }
  return (
    <div className="flex flex-col gap-1.5">
      <label htmlFor={id} className="font-medium">
        {label}
      </label>
      <div className="flex gap-2">
        <input
          id={id}
          type="color"
          value={value}
          className="h-11 w-14 shrink-0 cursor-pointer rounded-md border border-edge bg-raised p-1"
          onChange={(event) => onChange(event.target.value)}
        />
        <input
          type="text"
          aria-label={t.hex(label)}
          value={typed}
          maxLength={7}
          spellCheck={false}
          autoComplete="off"
          className="h-11 w-full min-w-0 rounded-md border border-edge bg-raised px-3 text-ink tabular-nums"
          onChange={(event) => {
            setTyped(event.target.value);
            if (/^#[0-9a-f]{6}$/i.test(event.target.value)) onChange(event.target.value.toLowerCase());
          }}
        />
      </div>
    </div>
  );
}

function LogoField({ style, change }: { style: QrStyle; change: (changes: Partial<QrStyle>) => void }) {
  const t = useTexts(qrTexts).style;
  const f = useTexts(fileTexts);
  const { percent } = useFormats();
  const { organization } = useOrganization();
  const id = useId();
  const [sending, setSending] = useState(false);
  const [problem, setProblem] = useState<ApiError>();
  const stop = useRef<AbortController>(undefined);
  useEffect(() => () => stop.current?.abort(), []);

  async function send(file: File) {
    const fault = uploadFault(file, pictures);
    setProblem(fault);
    if (fault) return;
    const controller = new AbortController();
    stop.current = controller;
    setSending(true);
    try {
      const logo_path = await uploadQrLogo(organization.id, file, { signal: controller.signal });
      // A logo covers dots: only the strongest correction makes up for them.
      change({ logo_path, error_correction: "H" });
    } catch (error) {
      if (!controller.signal.aborted) setProblem(asApiError(error));
    } finally {
      setSending(false);
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
          pending={sending && t.sending}
          onFiles={([file]) => file && void send(file)}
        >
          {style.logo_path ? t.logoChange : t.logoChoose}
        </FileButton>
        {style.logo_path && (
          <Button size="small" onClick={() => change({ logo_path: null, error_correction: "M" })}>
            {t.logoRemove}
          </Button>
        )}
      </div>
      {problem &&
        (fault ? (
          <p role="alert" className="text-bad">
            {fault}
          </p>
        ) : (
          <Problem error={problem} />
        ))}
      {style.logo_path && (
        <div className="flex max-w-xs flex-col gap-1.5">
          <label htmlFor={id}>{t.logoScale}</label>
          <div className="flex items-center gap-3">
            <input
              id={id}
              type="range"
              min={0.1}
              max={0.3}
              step={0.01}
              value={style.logo_scale}
              className="h-11 flex-1 accent-ink"
              onChange={(event) => change({ logo_scale: Number(event.target.value) })}
            />
            <output htmlFor={id} className="tabular-nums">
              {percent(style.logo_scale)}
            </output>
          </div>
        </div>
      )}
    </fieldset>
  );
}

function Preview({ style }: { style: QrStyle }) {
  const t = useTexts(qrTexts).style;
  const { organization } = useOrganization();
  const preview = useQuery({ ...qrPreview(organization.id, style), placeholderData: keepPreviousData });
  if (preview.isError) return <Notice kind="bad">{t.notDrawn}</Notice>;
  return (
    <div className="grid min-h-64 place-items-center rounded-md border border-line bg-sunken p-4">
      {preview.data ? (
        <img src={preview.data} alt={t.preview} className="w-full max-w-64" />
      ) : (
        <Skeleton className="size-56" />
      )}
    </div>
  );
}

/** Said as one chooses: what phones will make of it, and why not. */
function Verdict({ verdict }: { verdict: QrVerdict | undefined }) {
  const t = useTexts(qrTexts).style;
  const faults = useTexts(fieldErrorTexts);
  const { count } = useFormats();
  if (!verdict) return <p className="text-muted">{t.checking}</p>;
  if (verdict.ok) {
    return (
      <Notice kind="good" live="status">
        {t.good(count(verdict.min_mm ?? 0))}
      </Notice>
    );
  }
  const known: Partial<Record<string, string>> = faults;
  return (
    <Notice kind="bad" live="status" title={t.bad}>
      <ul className="flex flex-col gap-1">
        {verdict.problems.map((code) => (
          <li key={code}>
            {known[code] ?? t.notDrawn}
            {code === "contrast_too_low" && verdict.contrast !== null && (
              <> {t.contrast(count(Math.floor(verdict.contrast * 10) / 10))}</>
            )}
          </li>
        ))}
      </ul>
    </Notice>
  );
}

function Downloads({ code, isSaved }: { code: QrCode; isSaved: boolean }) {
  const t = useTexts(qrTexts).style;
  const errors = useTexts(errorTexts);
  const [busy, setBusy] = useState<QrFormat>();

  async function download(format: QrFormat) {
    setBusy(format);
    try {
      saveFile(await qrPicture(code.code, format), `${code.code}.${format}`);
    } catch (error) {
      toast(errors[asApiError(error).code], { kind: "bad" });
    } finally {
      setBusy(undefined);
    }
  }

  if (!isSaved) return <p className="text-muted">{t.unsaved}</p>;
  return (
    <div className="flex flex-wrap gap-3">
      {qrFormats.map((format) => (
        <Button
          key={format}
          size="small"
          icon={<Icon of={Download} size={18} />}
          pending={busy === format && t.downloading}
          onClick={() => void download(format)}
        >
          {t.download(format.toUpperCase())}
        </Button>
      ))}
    </div>
  );
}
