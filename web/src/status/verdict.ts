import type { Sentence, StatusLevel } from "../api/statuses";
import { formats } from "../i18n/format";
import type { Language } from "../i18n/locale";
import { nestedQuotes } from "../i18n/quotes";
import { words } from "../i18n/words";

/** What a buyer is told about an organization, in words: the database chose the sentences (`get_organization_status`). */
export function verdict(sentences: readonly Sentence[], language: Language, timeZone: string): string[] {
  const t = words[language].verdict;
  const { date, list } = formats({ language, timeZone });
  return sentences.map((one): string => {
    if (one.sentence === "never") return t.never;
    const levels = list(one.levels);
    if (one.sentence === "held") {
      const why = one.levels.map((level) => t.why[level]);
      if (one.unchecked) why.push(t.unchecked);
      return filled(t.held, one.levels, { levels, why: why.join(", ") });
    }
    if (one.sentence === "regained") return filled(t.regained, one.levels, { levels, date: date(one.at) });
    const why = reasonInWords(one, language);
    return filled(why ? t.lost : t.lost_unexplained, one.levels, { levels, date: date(one.at), why });
  });
}

function filled(
  forms: { one: string; many: string },
  levels: readonly StatusLevel[],
  values: Record<string, string>,
): string {
  const form = levels.length === 1 ? forms.one : forms.many;
  return form.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? "");
}

/** To stand inside a sentence: our own words as they are, a moderator's as a quotation; empty for a code that came after this build. */
function reasonInWords(
  { reason, said }: { reason: string | null; said: string | null },
  language: Language,
): string {
  if (said) return nestedQuotes(language === "ru" ? `«${said}»` : `“${said}”`, language);
  const known: Record<string, string> = words[language].reason;
  return reason && Object.hasOwn(known, reason) ? (known[reason] ?? "") : "";
}
