import type { ReactNode } from "react";
import { Link } from "react-router";
import { platformPaths, type PlatformPageKey } from "../../api/platformPages";
import { CheckboxField } from "../../design/Form";
import type { Field } from "../../design/useForm";
import { useTexts } from "../../i18n/dictionary";
import { platformPageTexts } from "../../i18n/platformPages";

/** A box to tick beside the text that one agrees to. */
export function Agreement({ text, field }: { text: PlatformPageKey; field: Field<boolean> }) {
  const t = useTexts(platformPageTexts);
  return (
    <CheckboxField
      {...field}
      label={t.consent[text === "offer" ? "offer" : "privacy"]}
      help={
        <Reading text={text}>
          {t.consent.read}: {t.menu[text]}
        </Reading>
      }
      explain={{ required: t.consent.required }}
    />
  );
}

/** Where no box is asked for: the words beside the button. */
export function AgreedByAction() {
  const t = useTexts(platformPageTexts).consent.byAction;
  return (
    <p className="text-sm text-muted">
      {t.before}
      <Reading text="offer">{t.offer}</Reading>
      {t.between}
      <Reading text="privacy">{t.privacy}</Reading>
      {t.after}
    </p>
  );
}

/** Opens beside what one is doing: nothing that was typed is lost. */
function Reading({ text, children }: { text: PlatformPageKey; children: ReactNode }) {
  return (
    <Link className="link" to={platformPaths[text]} target="_blank">
      {children}
    </Link>
  );
}
