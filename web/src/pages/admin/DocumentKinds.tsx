import { documentKinds, type DocumentKind } from "../../api/codes";
import { CheckboxField } from "../../design/Form";
import type { Field } from "../../design/useForm";
import { adminTexts } from "../../i18n/admin";
import { useTexts } from "../../i18n/dictionary";
import { organizationTexts } from "../../i18n/organizations";

/** A form holds the kinds as one text, `registration,premises`. */
export function documentsOf(text: string): DocumentKind[] {
  return documentKinds.filter((kind) => text.split(",").includes(kind));
}

/** By which papers it was verified: buyers read the kinds, never the papers. */
export function DocumentKinds({ value, onChange }: Field<string>) {
  const t = useTexts(adminTexts).queue;
  const names = useTexts(organizationTexts).public.documents;
  const chosen = documentsOf(value);
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1.5 font-medium">{t.kinds}</legend>
      {documentKinds.map((kind) => (
        <CheckboxField
          key={kind}
          name={kind}
          label={<span className="inline-block first-letter:uppercase">{names[kind]}</span>}
          value={chosen.includes(kind)}
          error={undefined}
          onChange={(isChosen) =>
            onChange(
              documentKinds.filter((each) => (each === kind ? isChosen : chosen.includes(each))).join(","),
            )
          }
        />
      ))}
      <p className="text-sm text-muted">{t.kindsHelp}</p>
    </fieldset>
  );
}
