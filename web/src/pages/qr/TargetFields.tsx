import { SelectField, TextField } from "../../design/Form";
import type { Field } from "../../design/useForm";
import { useTexts } from "../../i18n/dictionary";
import { qrTexts } from "../../i18n/qr";

/** Where a code leads: to the organization's page, or to an address. */
export function TargetFields({ kind, url }: { kind: Field<string>; url: Field<string> }) {
  const texts = useTexts(qrTexts);
  const t = texts.create;
  return (
    <>
      <SelectField
        {...kind}
        label={t.kind}
        options={(["organization_page", "url"] as const).map((value) => ({
          value,
          label: texts.kind[value],
        }))}
      />
      {kind.value === "url" && (
        <TextField
          {...url}
          label={t.url}
          type="url"
          inputMode="url"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={2000}
        />
      )}
    </>
  );
}
