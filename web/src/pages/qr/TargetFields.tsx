import type { QrTargetKind } from "../../api/qr";
import { SelectField, TextField } from "../../design/Form";
import type { Field } from "../../design/useForm";
import { useTexts } from "../../i18n/dictionary";
import { qrTexts } from "../../i18n/qr";
import { StoryField } from "./StoryField";

/** Where a code leads: to the organization's page, to one of its stories, or to an address. */
export function TargetFields({
  kind,
  url,
  story,
}: {
  kind: Field<QrTargetKind>;
  url: Field<string>;
  story: Field<string>;
}) {
  const texts = useTexts(qrTexts);
  const t = texts.create;
  return (
    <>
      <SelectField
        {...kind}
        label={t.kind}
        options={(["organization_page", "story", "url"] as const).map((value) => ({
          value,
          label: texts.kind[value],
        }))}
      />
      {kind.value === "story" && <StoryField {...story} />}
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
