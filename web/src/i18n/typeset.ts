import type { Language } from "./locale";
import { nestedQuotes } from "./quotes";

/**
 * A text as it is set: no line begins with a dash, and in Russian none ends between a number and its noun («14 дней», «№ 5»);
 * quotation marks inside others are of the second kind. E-mails do the same (functions/mail/wording.py).
 */
export function typeset(text: string, language: Language): string {
  let set = text.replace(/ (?=[—–] )/g, "\u00a0");
  if (language === "ru") set = set.replace(/(?<=\d) (?=\p{L}|[₽%])|(?<=№) (?=\S)/gu, "\u00a0");
  return nestedQuotes(set, language);
}
