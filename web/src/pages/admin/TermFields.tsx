import { SelectField, TextField } from "../../design/Form";
import type { Field } from "../../design/useForm";
import { useTexts } from "../../i18n/dictionary";
import { adminTexts } from "../../i18n/admin";
import { terms, type Term } from "./term";

/** For how long: one of the usual terms, or until a day. */
export function TermFields({
  term,
  day,
  noneLabel,
}: {
  term: Field<string>;
  day: Field<string>;
  noneLabel?: string;
}) {
  const t = useTexts(adminTexts).term;
  const names: Record<Term, string> = {
    none: noneLabel ?? t.none,
    "3": t.months(3),
    "6": t.months(6),
    "12": t.year,
    date: t.date,
  };
  return (
    <>
      <SelectField
        {...term}
        label={t.label}
        options={terms.map((value) => ({ value, label: names[value] }))}
      />
      {term.value === "date" && (
        <TextField {...day} type="date" label={t.until} help={t.help} autoComplete="off" />
      )}
    </>
  );
}
