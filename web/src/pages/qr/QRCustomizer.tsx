import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useState } from "react";
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
} from "../../api/qr";
import { Button } from "../../design/Button";
import { SelectField, TextField } from "../../design/Form";
import { Icon } from "../../design/Icon";
import { Problem } from "../../design/Notice";
import { ErrorState, Loaded, Skeleton } from "../../design/States";
import { toast } from "../../design/toast";
import { useTexts } from "../../i18n/dictionary";
import { errorTexts } from "../../i18n/errors";
import { qrTexts } from "../../i18n/qr";
import { useOrganization } from "../../shared/organization";
import { saveFile } from "../../shared/saveFile";
import { useSettled } from "../../shared/useSettled";
import { ColourPicker } from "./ColourPicker";
import { LogoUpload } from "./LogoUpload";
import { StyleVerdict } from "./StyleVerdict";

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
  const { organization } = useOrganization();
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
      <div className="flex flex-col gap-4 lg:sticky lg:top-6 lg:order-last">
        <Preview style={asked} />
        {verdict.isError ? (
          <ErrorState error={verdict.error} retry={() => void verdict.refetch()} />
        ) : (
          <StyleVerdict verdict={verdict.data} />
        )}
      </div>
      <div className="flex flex-col gap-5">
        {mayWrite && (
          <>
            <Looks style={style} change={change} />
            <LogoUpload
              logo={{ path: style.logo_path, scale: style.logo_scale }}
              send={(file, options) => uploadQrLogo(organization.id, file, options)}
              onLogo={({ path, scale }) =>
                change({
                  ...(scale === undefined ? {} : { logo_scale: scale }),
                  // A logo covers dots: only the strongest correction makes up for them.
                  ...(path === undefined ? {} : { logo_path: path, error_correction: path ? "H" : "M" }),
                })
              }
            />
            {problem && <Problem error={problem} />}
            {!isSaved && (
              <div className="flex flex-wrap gap-3">
                <Button variant="primary" pending={pending && t.applying} onClick={() => void save()}>
                  {t.apply}
                </Button>
                <Button onClick={() => setStyle(saved)}>{t.reset}</Button>
              </div>
            )}
          </>
        )}
        <Downloads code={code} isSaved={isSaved} />
      </div>
    </div>
  );
}

function Looks({ style, change }: { style: QrStyle; change: (changes: Partial<QrStyle>) => void }) {
  const t = useTexts(qrTexts).style;
  const frame = style.frame_text === null ? "none" : (style.frame_language ?? "ru");
  return (
    <>
      <div className="grid gap-5 sm:grid-cols-2">
        <ColourPicker
          label={t.foreground}
          value={style.foreground}
          onChange={(foreground) => change({ foreground })}
        />
        <ColourPicker
          label={t.background}
          value={style.background}
          onChange={(background) => change({ background })}
        />
        <SelectField
          filter
          name="module_shape"
          label={t.shape}
          value={style.module_shape}
          error={undefined}
          onChange={(module_shape) => change({ module_shape })}
          options={qrShapes.map((shape) => ({ value: shape, label: t.shapes[shape] }))}
        />
        <SelectField
          filter
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

function Preview({ style }: { style: QrStyle }) {
  const t = useTexts(qrTexts).style;
  const { organization } = useOrganization();
  const preview = useQuery({ ...qrPreview(organization.id, style), placeholderData: keepPreviousData });
  return (
    <div className="grid min-h-64 place-items-center rounded-md border border-line bg-sunken p-4">
      {preview.isError ? (
        <p className="text-muted">{t.notDrawn}</p>
      ) : preview.data ? (
        // on paper of its own colour, so that a frame's round corners show none of ours
        <img
          src={preview.data}
          alt={t.preview}
          className="w-full max-w-72 rounded-sm p-4"
          style={{ background: style.background }}
        />
      ) : (
        <Skeleton className="size-56" />
      )}
    </div>
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
