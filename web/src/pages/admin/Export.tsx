import { Download } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { everyPage, type Asked, type ItemOf, type ListName } from "../../api/desk";
import { asApiError } from "../../api/errors";
import { Button } from "../../design/Button";
import type { DataColumn } from "../../design/DataTable";
import { Icon } from "../../design/Icon";
import { toast } from "../../design/toast";
import { deskTexts } from "../../i18n/desk";
import { useTexts } from "../../i18n/dictionary";
import { errorTexts } from "../../i18n/errors";
import { useFormats } from "../../i18n/format";
import { csvFile, csvRow } from "../../shared/csv";
import { saveFile } from "../../shared/saveFile";

/** Everything that a list holds, as a table for spreadsheets: page by page, and it can be stopped. */
export function Export<Name extends ListName>({
  name,
  asked,
  columns,
  file,
}: {
  name: Name;
  asked: Asked;
  columns: readonly DataColumn<ItemOf<Name>>[];
  file: string;
}) {
  const t = useTexts(deskTexts);
  const errors = useTexts(errorTexts);
  const { count } = useFormats();
  const [written, setWritten] = useState<number>();
  const running = useRef<AbortController>(undefined);
  useEffect(() => () => running.current?.abort(), []);

  async function write() {
    const stop = new AbortController();
    running.current = stop;
    const told = columns.flatMap(({ title, text }) => (text ? [{ title, text }] : []));
    const rows = [csvRow(told.map(({ title }) => title))];
    setWritten(0);
    try {
      for await (const items of everyPage(name, asked, stop.signal)) {
        rows.push(...items.map((item) => csvRow(told.map(({ text }) => text(item)))));
        setWritten(rows.length - 1);
      }
      saveFile(csvFile(rows), `${file}.csv`);
      toast(t.exported(count(rows.length - 1)));
    } catch (error) {
      if (!stop.signal.aborted) toast(errors[asApiError(error).code], { kind: "bad" });
    } finally {
      setWritten(undefined);
    }
  }

  if (written === undefined) {
    return (
      <Button
        size="small"
        variant="quiet"
        icon={<Icon of={Download} size={18} />}
        onClick={() => void write()}
      >
        {t.export}
      </Button>
    );
  }
  return (
    <span className="flex items-center gap-3">
      <span role="status" className="text-muted">
        {t.exporting(count(written))}
      </span>
      <Button size="small" onClick={() => running.current?.abort()}>
        {t.stop}
      </Button>
    </span>
  );
}
