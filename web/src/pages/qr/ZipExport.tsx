import { Download } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { asApiError } from "../../api/errors";
import { qrFormats, type OnDrawn, type QrFormat } from "../../api/qr";
import { Button } from "../../design/Button";
import { Icon } from "../../design/Icon";
import { Progress } from "../../design/Progress";
import { toast } from "../../design/toast";
import { useTexts } from "../../i18n/dictionary";
import { errorTexts } from "../../i18n/errors";
import { qrTexts } from "../../i18n/qr";
import { saveFile } from "../../shared/saveFile";

/** Codes as one file, in a format that is chosen: how many are drawn is told while they come, and it can be stopped. */
export function ZipExport({
  count,
  name,
  archive,
}: {
  /** How many codes it will hold. */
  count: number;
  /** Of the file, without its ending. */
  name: string;
  archive: (format: QrFormat, options: { onDrawn: OnDrawn; signal: AbortSignal }) => Promise<Blob>;
}) {
  const t = useTexts(qrTexts).zip;
  const errors = useTexts(errorTexts);
  const [format, setFormat] = useState<QrFormat>("png");
  const [drawn, setDrawn] = useState<number>();
  const stop = useRef<AbortController>(undefined);
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => () => stop.current?.abort(), []);
  const isDrawing = drawn !== undefined;
  // What was pressed is gone: whoever goes by keys stays here.
  useEffect(() => {
    if (isDrawing) place.current?.focus();
  }, [isDrawing]);

  async function download() {
    const controller = new AbortController();
    stop.current = controller;
    setDrawn(0);
    try {
      // The last file is the manifest.
      const onDrawn = (files: number) => setDrawn(Math.min(files, count));
      saveFile(await archive(format, { onDrawn, signal: controller.signal }), `${name}.zip`);
    } catch (error) {
      if (!controller.signal.aborted) toast(errors[asApiError(error).code], { kind: "bad" });
    } finally {
      setDrawn(undefined);
    }
  }

  if (drawn === undefined) {
    return (
      <div className="flex gap-2">
        <select
          aria-label={t.format}
          value={format}
          className="min-h-9 rounded-md border border-edge bg-raised px-2 text-sm text-ink"
          onChange={(event) => setFormat(event.target.value as QrFormat)}
        >
          {qrFormats.map((one) => (
            <option key={one} value={one}>
              {t.formats[one]}
            </option>
          ))}
        </select>
        <Button
          size="small"
          icon={<Icon of={Download} size={18} />}
          disabled={count === 0}
          onClick={() => void download()}
        >
          {t.action}
        </Button>
      </div>
    );
  }
  return (
    <div ref={place} tabIndex={-1} className="flex w-full items-end gap-3 outline-none">
      <div className="flex-1">
        <Progress label={t.drawing} value={drawn} max={count} of={t.of} />
      </div>
      <Button size="small" onClick={() => stop.current?.abort()}>
        {t.stop}
      </Button>
    </div>
  );
}
