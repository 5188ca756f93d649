import { useState } from "react";
import { typedMeanwhile } from "../../shared/Written";
import { Button } from "../../design/Button";
import { SearchField } from "../../design/Form";
import { catalogueTexts } from "../../i18n/catalogue";
import { useTexts } from "../../i18n/dictionary";

/** A producer is looked for by name or INN: when Enter or the button says so, not at every letter. */
export function FindField({
  query = "",
  help,
  onFind,
}: {
  query?: string;
  help?: string;
  onFind: (query: string) => void;
}) {
  const t = useTexts(catalogueTexts);
  const [typed, setTyped] = useState(() => typedMeanwhile() || query);
  const find = () => onFind(typed.trim());
  return (
    <div className="flex max-w-2xl flex-col gap-2 sm:grid sm:grid-cols-[1fr_auto] sm:items-start">
      <SearchField label={t.find} help={help} value={typed} onChange={setTyped} onEnter={find} />
      <Button className="sm:mt-7.5" onClick={find}>
        {t.submit}
      </Button>
    </div>
  );
}
