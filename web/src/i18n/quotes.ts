import type { Language } from "./locale";

const marks = {
  ru: { open: "«", close: "»", innerOpen: "„", innerClose: "“" },
  en: { open: "“", close: "”", innerOpen: "‘", innerClose: "’" },
} as const;

/**
 * Quotation marks inside others are of the second kind: «Пасека „Медовый край“». A text whose marks do not come in pairs
 * is left as it is. E-mails do the same (functions/mail/wording.py).
 */
export function nestedQuotes(text: string, language: Language): string {
  const { open, close, innerOpen, innerClose } = marks[language];
  let depth = 0;
  let nested = "";
  for (const sign of text) {
    if (sign === open) depth += 1;
    nested += sign === open && depth > 1 ? innerOpen : sign === close && depth > 1 ? innerClose : sign;
    if (sign === close) depth -= 1;
    if (depth < 0) return text;
  }
  return depth === 0 ? nested : text;
}
