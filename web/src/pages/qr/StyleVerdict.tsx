import type { QrDecoder, QrLook, QrVerdict } from "../../api/qr";
import { Notice } from "../../design/Notice";
import { useTexts } from "../../i18n/dictionary";
import { fieldErrorTexts } from "../../i18n/errors";
import { useFormats } from "../../i18n/format";
import { qrTexts } from "../../i18n/qr";

/** Said as one chooses: the contrast, what phones will make of such a code and how small it may be, or why not. */
export function StyleVerdict({ verdict }: { verdict: QrVerdict | undefined }) {
  const t = useTexts(qrTexts).style;
  const faults: Partial<Record<string, string>> = useTexts(fieldErrorTexts);
  const { count } = useFormats();
  if (!verdict) {
    return (
      <p role="status" className="text-muted">
        {t.checking}
      </p>
    );
  }
  // Rounded down: 4,49 is not 4,5.
  const contrast = verdict.contrast === null ? undefined : count(Math.floor(verdict.contrast * 10) / 10);
  if (verdict.ok) {
    return (
      <Notice kind="good" live="status" title={t.good}>
        <p>{t.least(count(verdict.min_mm ?? 0))}</p>
        {contrast && <p className="text-sm text-muted">{t.contrast(contrast)}</p>}
      </Notice>
    );
  }
  return (
    <Notice kind="bad" live="status" title={t.bad}>
      <ul className="flex flex-col gap-1">
        {verdict.problems.map((code) => (
          <li key={code}>
            {faults[code] ?? t.notDrawn}
            {code === "contrast_too_low" && contrast && <> {t.contrastNeeded(contrast)}</>}
            {code === "unreadable" && <Unread decodes={verdict.decodes} />}
          </li>
        ))}
      </ul>
    </Notice>
  );
}

/** Which of the two decoders does not read it, and how it is then seen. */
function Unread({ decodes }: Pick<QrVerdict, "decodes">) {
  const t = useTexts(qrTexts).style;
  const unread = Object.entries(decodes).flatMap(([decoder, looks]) => {
    const failed = Object.entries(looks).filter(([, reads]) => !reads);
    return failed.length === 0
      ? []
      : [
          t.unread(
            t.decoders[decoder as QrDecoder],
            failed.map(([look]) => t.looks[look as QrLook]).join(", "),
          ),
        ];
  });
  return <span className="block text-sm">{unread.join(" ")}</span>;
}
