import type { LostLevel, OrganizationStatus, StatusLevel } from "../api/statuses";
import { formats, type Formats } from "../i18n/format";
import type { Language } from "../i18n/locale";
import { nestedQuotes } from "../i18n/quotes";
import { words } from "../i18n/words";

type Words = (typeof words)[Language];

/**
 * What a buyer is told about an organization, in sentences: what it holds and why, then what it lost, when and for what
 * reason. Levels that were lost on one day for one reason are one sentence.
 */
export function verdict(
  { levels, lost }: Pick<OrganizationStatus, "levels" | "lost">,
  language: Language,
  timeZone: string,
): string[] {
  const t = words[language];
  const { date, list } = formats({ language, timeZone });
  const said: string[] = [];
  if (levels.length > 0) {
    const held = levels.map(({ level }) => level);
    const why = held.map((level) => t.verdict.why[level]);
    if (!held.includes("B")) why.push(t.verdict.unchecked);
    said.push(filled(t.verdict.held, held, { levels: list(held), why: why.join(", ") }));
  }
  for (const group of together(lost, date)) {
    const gone = group.map(({ level }) => level);
    const why = reasonInWords(group[0].reason, t, language);
    const values = { levels: list(gone), date: date(group[0].lost_at), why: why ?? "" };
    said.push(filled(why ? t.verdict.lost : t.verdict.lost_unexplained, gone, values));
  }
  return said.length > 0 ? said : [t.verdict.never];
}

function together(lost: readonly LostLevel[], date: Formats["date"]): [LostLevel, ...LostLevel[]][] {
  const groups = new Map<string, [LostLevel, ...LostLevel[]]>();
  for (const one of lost) {
    const key = `${date(one.lost_at)} ${one.reason ?? ""}`;
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  return [...groups.values()];
}

function filled(
  forms: { one: string; many: string },
  levels: readonly StatusLevel[],
  values: Record<string, string>,
): string {
  const form = levels.length === 1 ? forms.one : forms.many;
  return form.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? "");
}

/** To stand inside a sentence: our own words as they are, a moderator's as a quotation. */
function reasonInWords(reason: string | null, t: Words, language: Language): string | undefined {
  if (!reason) return undefined;
  if (Object.hasOwn(t.reason, reason)) return t.reason[reason as keyof Words["reason"]];
  if (/^[a-z_]+$/.test(reason)) return undefined;
  const said = reason.trim().replace(/[.…]+$/, "");
  return nestedQuotes(language === "ru" ? `«${said}»` : `“${said}”`, language);
}
