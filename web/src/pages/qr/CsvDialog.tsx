import { useQueryClient } from "@tanstack/react-query";
import { Upload } from "lucide-react";
import { useState } from "react";
import { asApiError, type ApiError } from "../../api/errors";
import { keys } from "../../api/keys";
import { importQrCodes, type Import, type ImportFault } from "../../api/qr";
import { Button } from "../../design/Button";
import { Dialog } from "../../design/Dialog";
import { FileButton } from "../../design/FileButton";
import { Icon } from "../../design/Icon";
import { Notice, Problem } from "../../design/Notice";
import { toast } from "../../design/toast";
import { useTexts } from "../../i18n/dictionary";
import { fieldErrorTexts } from "../../i18n/errors";
import { qrTexts } from "../../i18n/qr";
import { useOrganization } from "../../shared/organization";

const mostShown = 20;

/** Codes from a table: looked at first, and made only when every row is in order. */
export function CsvDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const t = useTexts(qrTexts).csv;
  return (
    <Dialog open={open} onClose={onClose} title={t.title}>
      <TableUpload onClose={onClose} />
    </Dialog>
  );
}

type Step = "checking" | "making" | undefined;

function TableUpload({ onClose }: { onClose: () => void }) {
  const t = useTexts(qrTexts).csv;
  const { organization } = useOrganization();
  const queries = useQueryClient();
  const [file, setFile] = useState<File>();
  const [checked, setChecked] = useState<Import>();
  const [problem, setProblem] = useState<ApiError>();
  const [step, setStep] = useState<Step>();

  async function send(chosen: File, dryRun: boolean) {
    setFile(chosen);
    setProblem(undefined);
    setStep(dryRun ? "checking" : "making");
    try {
      const answer = await importQrCodes(organization.id, chosen, { dryRun });
      setChecked(answer);
      if (dryRun || answer.errors.length > 0) return;
      await queries.invalidateQueries({ queryKey: keys.qrCodes(organization.id) });
      toast(t.done(answer.created));
      onClose();
    } catch (error) {
      setChecked(undefined);
      setProblem(asApiError(error));
    } finally {
      setStep(undefined);
    }
  }

  const isGood = checked?.errors.length === 0;
  return (
    <>
      <p className="text-muted">{t.help}</p>
      {problem && <Problem error={problem} />}
      {file && <p className="wrap-anywhere">{file.name}</p>}
      {isGood && (
        <Notice kind="good" live="status" title={t.good(checked.rows)}>
          {t.goodText}
        </Notice>
      )}
      {checked && !isGood && (
        <>
          <Notice kind="warning" live="status" title={t.bad(checked.errors.length)}>
            {t.badText}
          </Notice>
          <Faults list={checked.errors} />
        </>
      )}
      <div className="flex flex-col-reverse gap-3 sm:flex-row sm:justify-end">
        <FileButton
          accept={["text/csv", ".csv", ".txt", ".tsv"]}
          icon={<Icon of={Upload} size={18} />}
          variant={isGood ? "secondary" : "primary"}
          pending={step === "checking" && t.checking}
          onFiles={([chosen]) => chosen && void send(chosen, true)}
        >
          {file ? t.another : t.choose}
        </FileButton>
        {isGood && file && (
          <Button
            variant="primary"
            pending={step === "making" && t.submitting}
            onClick={() => void send(file, false)}
          >
            {t.submit(checked.rows)}
          </Button>
        )}
      </div>
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
      tabIndex={-1}
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
