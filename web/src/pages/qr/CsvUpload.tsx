import { Download, Upload } from "lucide-react";
import { useEffect, useRef, useState, type ComponentProps } from "react";
import { asApiError, type ApiError } from "../../api/errors";
import type { Import, ImportFault, OnDrawn, QrFormat } from "../../api/qr";
import type { OnProgress } from "../../api/storage";
import { Button } from "../../design/Button";
import { FileButton } from "../../design/FileButton";
import { Icon } from "../../design/Icon";
import { Notice, Problem } from "../../design/Notice";
import { Progress } from "../../design/Progress";
import { toast } from "../../design/toast";
import { useTexts } from "../../i18n/dictionary";
import { errorTexts, fieldErrorTexts } from "../../i18n/errors";
import { useFormats } from "../../i18n/format";
import { qrTexts } from "../../i18n/qr";
import { saveFile } from "../../shared/saveFile";
import { ZipExport } from "./ZipExport";

const mostShown = 20;

type Step = "checking" | "making" | undefined;

/**
 * A table is chosen, looked at (nothing is made), its mistakes are named by row and column; then all its codes are made at
 * once, and can be downloaded. It can be stopped until the whole file is there: after that all of them are made, or none.
 */
export function CsvUpload({
  name,
  send,
  archive,
  onMade,
  onClose,
}: {
  /** Of the ZIP of what was made. */
  name: string;
  send: (
    file: File,
    options: { dryRun: boolean; onProgress: OnProgress; signal: AbortSignal },
  ) => Promise<Import>;
  archive: (
    batchId: string,
    format: QrFormat,
    options: { onDrawn: OnDrawn; signal: AbortSignal },
  ) => Promise<Blob>;
  onMade: () => void;
  onClose: () => void;
}) {
  const t = useTexts(qrTexts).csv;
  const errors = useTexts(errorTexts);
  const [file, setFile] = useState<File>();
  const [answer, setAnswer] = useState<Import>();
  const [problem, setProblem] = useState<ApiError>();
  const [step, setStep] = useState<Step>();
  const [sent, setSent] = useState(0);
  const stop = useRef<AbortController>(undefined);
  const place = useRef<HTMLDivElement>(null);
  const isOpen = useRef(true);
  useEffect(() => {
    isOpen.current = true;
    return () => {
      isOpen.current = false;
    };
  }, []);
  // What was pressed is gone with its step: whoever goes by keys stays here.
  useEffect(() => {
    if (file) place.current?.focus();
  }, [file, step]);

  async function ask(chosen: File, dryRun: boolean) {
    const controller = new AbortController();
    stop.current = controller;
    setFile(chosen);
    setProblem(undefined);
    setSent(0);
    setStep(dryRun ? "checking" : "making");
    try {
      const options = { dryRun, onProgress: setSent, signal: controller.signal };
      const found = await send(chosen, options);
      setAnswer(found);
      if (found.created === 0) return;
      onMade();
      // Whoever did not wait for the end hears of it all the same.
      if (!isOpen.current) toast(t.done(found.created));
    } catch (error) {
      if (controller.signal.aborted) return;
      const failure = asApiError(error);
      setProblem(failure);
      if (!isOpen.current) toast(errors[failure.code], { kind: "bad" });
    } finally {
      setStep(undefined);
    }
  }

  const isGood = answer?.errors.length === 0;
  return (
    <div ref={place} tabIndex={-1} className="flex flex-col gap-4 outline-none">
      {answer?.batch_id ? (
        <Made made={answer} batchId={answer.batch_id} name={name} archive={archive} onClose={onClose} />
      ) : step ? (
        <Sending
          step={step}
          sent={sent}
          name={file?.name ?? ""}
          // What is only looked at can be left at any time; what is there whole is being made.
          onStop={step === "checking" || sent < 1 ? () => stop.current?.abort() : undefined}
        />
      ) : (
        <>
          <div className="flex flex-col items-start gap-2">
            <p className="text-muted">{t.help}</p>
            <Button
              size="small"
              icon={<Icon of={Download} size={18} />}
              onClick={() => saveFile(new Blob([`\ufeff${t.sample}`], { type: "text/csv" }), "qr.csv")}
            >
              {t.sampleAction}
            </Button>
          </div>
          {problem && <Problem error={problem} />}
          {file && <p className="wrap-anywhere">{file.name}</p>}
          {isGood && (
            <Notice kind="good" live="status" title={t.good(answer.rows)}>
              {t.goodText}
            </Notice>
          )}
          {answer && !isGood && (
            <>
              <Notice kind="warning" live="status" title={t.bad(answer.errors.length)}>
                {t.badText}
              </Notice>
              <Faults list={answer.errors} />
            </>
          )}
          <div className="flex flex-col-reverse gap-3 sm:flex-row sm:justify-end">
            <FileButton
              accept={["text/csv", ".csv", ".txt", ".tsv"]}
              icon={<Icon of={Upload} size={18} />}
              variant={isGood ? "secondary" : "primary"}
              onFiles={([chosen]) => {
                setAnswer(undefined);
                if (chosen) void ask(chosen, true);
              }}
            >
              {file ? t.another : t.choose}
            </FileButton>
            {isGood && file && (
              <Button variant="primary" onClick={() => void ask(file, false)}>
                {t.submit(answer.rows)}
              </Button>
            )}
          </div>
        </>
      )}
    </div>
  );
}

function Made({
  made,
  batchId,
  name,
  archive,
  onClose,
}: {
  made: Import;
  batchId: string;
} & Pick<ComponentProps<typeof CsvUpload>, "name" | "archive" | "onClose">) {
  const t = useTexts(qrTexts).csv;
  return (
    <>
      <Notice kind="good" live="status" title={t.done(made.created)}>
        {t.doneText}
      </Notice>
      <div className="flex flex-wrap justify-between gap-3">
        <ZipExport
          count={made.created}
          name={name}
          archive={(format, options) => archive(batchId, format, options)}
        />
        <Button variant="primary" onClick={onClose}>
          {t.close}
        </Button>
      </div>
    </>
  );
}

/** How much of the file is there; once all of it is, how long the rest takes is not known. */
function Sending({
  step,
  sent,
  name,
  onStop,
}: {
  step: "checking" | "making";
  sent: number;
  name: string;
  onStop: (() => void) | undefined;
}) {
  const t = useTexts(qrTexts).csv;
  const { percent } = useFormats();
  const words = sent < 1 ? t.sending : step === "checking" ? t.checking : t.submitting;
  return (
    <>
      <p className="wrap-anywhere">{name}</p>
      <p role="status" className="sr-only">
        {words}
      </p>
      {sent < 1 ? <Progress label={words} value={sent} note={percent(sent)} /> : <Progress label={words} />}
      {onStop ? (
        <Button className="sm:self-end" onClick={onStop}>
          {t.stop}
        </Button>
      ) : (
        <p className="text-sm text-muted">{t.unstoppable}</p>
      )}
    </>
  );
}

function Faults({ list }: { list: readonly ImportFault[] }) {
  const t = useTexts(qrTexts).csv;
  const words: Partial<Record<string, string>> = useTexts(fieldErrorTexts);
  return (
    <div
      className="flex max-h-72 flex-col gap-2 overflow-y-auto"
      role="region"
      aria-label={t.errors}
      // It scrolls by keys, too.
      // eslint-disable-next-line jsx-a11y-x/no-noninteractive-tabindex
      tabIndex={0}
    >
      <table className="w-full border-collapse text-sm">
        <caption className="sr-only">{t.errors}</caption>
        <thead>
          <tr className="border-b border-line text-left text-muted">
            <th scope="col" className="py-1 pr-3 font-medium">
              {t.row}
            </th>
            <th scope="col" className="py-1 pr-3 font-medium">
              {t.column}
            </th>
            <th scope="col" className="py-1 font-medium">
              {t.what}
            </th>
          </tr>
        </thead>
        <tbody>
          {list.slice(0, mostShown).map(({ row, column, code }) => (
            <tr key={`${row ?? ""} ${column ?? ""} ${code}`} className="border-b border-line align-top">
              <td className="py-1 pr-3 tabular-nums">{row ?? t.wholeFile}</td>
              <td className="py-1 pr-3">{column}</td>
              <td className="py-1">{words[code] ?? words.invalid}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {list.length > mostShown && <p className="text-sm text-muted">{t.first(mostShown)}</p>}
    </div>
  );
}
