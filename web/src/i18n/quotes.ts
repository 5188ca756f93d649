import type { Language } from "./locale";

const marks = {
  ru: { open: "«", close: "»", innerOpen: "„", innerClose: "“" },
  en: { open: "“", close: "”", innerOpen: "‘", innerClose: "’" },
} as const;

/** What closes each of the marks that names come with. */
const closing: Readonly<Record<string, string>> = { "«": "»", "“": "”", "„": "“”" };

/**
 * The language of the page decides: whatever marks a name brings along, inside quotation marks of the page's own it has
 * those of the second kind, «Пасека „Медовый край“» and “Пасека ‘Медовый край’”. A name that is not quoted stays as its
 * people wrote it, and so does a text whose marks do not come in pairs. E-mails do the same (functions/mail/wording.py).
 */
export function nestedQuotes(text: string, language: Language): string {
  const { open, innerOpen, innerClose } = marks[language];
  const opened: string[] = [];
  let nested = "";
  for (const sign of text) {
    const isClosing = closing[opened.at(-1) ?? ""]?.includes(sign);
    const isOpening = !isClosing && sign in closing;
    if (isOpening) opened.push(sign);
    const isInner = opened.length > 1 && opened[0] === open;
    nested += isInner && isOpening ? innerOpen : isInner && isClosing ? innerClose : sign;
    if (isClosing) opened.pop();
    else if (sign === "»" || sign === "”") return text;
  }
  return opened.length === 0 ? nested : text;
}
