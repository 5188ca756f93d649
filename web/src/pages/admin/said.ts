import { adminPaymentTexts } from "../../i18n/adminPayments";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { useLocale } from "../../i18n/locale";
import { saidTexts } from "../../i18n/said";
import { words } from "../../i18n/words";

export type Fact = {
  name: string;
  value: string;
  /** Nothing came of it: none, or only the moment of the run. */
  isIdle: boolean;
};
type Names = Readonly<Record<string, string>>;

const isGroup = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Says in words what a job answered or an admin decided. What has no words yet stands as it came: nothing is hidden. What
 * happened stands before what did not.
 */
export function useSaid(): (what: unknown) => Fact[] {
  const t = useTexts(saidTexts);
  const { kind } = useTexts(adminPaymentTexts).differences;
  const { rejection } = words[useLocale().language];
  const { count, money, date, dateTime } = useFormats();
  const names: Names = t.name;
  const members: Names = t.member;
  const values: Readonly<Record<string, Names>> = { ...t.value, kind, code: rejection };

  function said(value: unknown, key: string): string {
    if (value === null || value === undefined || value === "") return "—";
    if (typeof value === "boolean") return value ? t.yes : t.no;
    if (typeof value === "number") return count(value);
    if (Array.isArray(value))
      return value.map((each) => members[String(each)] ?? said(each, key)).join(", ") || t.none;
    if (isGroup(value))
      return (
        Object.entries(value)
          .map(([member, each]) =>
            // «60», «30», «7», «1» come in the order of numbers; a person reads from the many days on.
            ({
              text: `${members[member] ?? member}${typeof each === "string" ? ":" : ""} ${said(each, key)}`,
              days: Number(member) || 0,
            }),
          )
          .toSorted((a, b) => b.days - a.days)
          .map(({ text }) => text)
          .join(", ") || t.none
      );
    if (typeof value !== "string") return JSON.stringify(value);
    if (key === "amount" && /^\d+(\.\d+)?$/.test(value)) return money(value);
    if (/^\d{4}-\d\d-\d\d$/.test(value)) return date(value);
    if (/^\d{4}-\d\d-\d\dT/.test(value) && !Number.isNaN(Date.parse(value))) return dateTime(value);
    return values[key]?.[value] ?? value;
  }

  return (what) =>
    isGroup(what)
      ? Object.entries(what)
          .map(([key, value]) => ({
            name: names[key] ?? key,
            value: said(value, key),
            isIdle: key === "as_of" || isIdle(value),
          }))
          .toSorted((a, b) => Number(a.isIdle) - Number(b.isIdle))
      : what === null || what === undefined
        ? []
        : [{ name: "", value: said(what, ""), isIdle: false }];
}

function isIdle(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (isGroup(value)) return Object.values(value).every(isIdle);
  return value === 0 || value === null || value === "ok" || value === "not_due";
}

/** The same in one line. */
export const inLine = (facts: readonly Fact[]) =>
  facts.map(({ name, value }) => (name ? `${name}: ${value}` : value)).join("; ");
