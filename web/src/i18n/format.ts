/** Money, dates and counts as the whole product writes them: `1 490 ₽`, `12 марта 2027, 14:05`. */
import { useMemo } from "react";
import { knownTimeZone, useLocale, type Locale } from "./locale";

const noBreakSpace = "\u00a0";
/** Between thousands a narrow one. */
const thousands = (text: string) => text.replace(/(?<=\d)\u00a0(?=\d)/g, "\u202f");

export type Instant = string | Date;

export function formats({ language, timeZone: named }: Locale) {
  const timeZone = knownTimeZone(named);
  const tag = language === "ru" ? "ru-RU" : "en-GB";
  const numbers = new Intl.NumberFormat(tag);
  const lists = new Intl.ListFormat(tag);
  const day = new Intl.DateTimeFormat(tag, { timeZone, day: "numeric", month: "long", year: "numeric" });
  const shortDay = new Intl.DateTimeFormat(tag, { timeZone, day: "numeric", month: "long" });
  const monthOnly = new Intl.DateTimeFormat(tag, { timeZone, month: "short" });
  const clock = new Intl.DateTimeFormat(tag, {
    timeZone,
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  const preciseClock = new Intl.DateTimeFormat(tag, {
    timeZone,
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  });
  const zone = new Intl.DateTimeFormat(tag, { timeZone, timeZoneName: "long" });

  const tidy = (text: string) => text.replace(/\sг\.$/, "").replace(/^(\d+)\s/, `$1${noBreakSpace}`);
  const date = (at: Instant) => tidy(day.format(new Date(at)));

  return {
    count: (value: number) => thousands(numbers.format(value)),
    /** «C, B и A». */
    list: (items: readonly string[]) => lists.format(items),
    /** Takes the database's `"1490.00"` too: the digits are formatted as written, never through a float. */
    money: (amount: number | string, currency = "RUB"): string => {
      const style = new Intl.NumberFormat(tag, {
        style: "currency",
        currency,
        currencyDisplay: "narrowSymbol",
        trailingZeroDisplay: "stripIfInteger",
      });
      return thousands(style.format(amount as Intl.StringNumericLiteral));
    },
    /** The size of a file: «340 кБ», «1,2 МБ». */
    fileSize: (bytes: number): string => {
      const [unit, size] =
        bytes < 950_000 ? ["kilobyte", Math.max(1, bytes / 1000)] : ["megabyte", bytes / 1_000_000];
      const style = { style: "unit", unit, maximumFractionDigits: unit === "kilobyte" ? 0 : 1 } as const;
      return new Intl.NumberFormat(tag, style).format(size).replace(/\s/, noBreakSpace);
    },
    /** A share from 0 to 1: «41 %». */
    percent: (share: number) => new Intl.NumberFormat(tag, { style: "percent" }).format(share),
    date,
    /** Without the year, for what happens soon. */
    shortDate: (at: Instant) => tidy(shortDay.format(new Date(at))),
    /** For the marks of an axis: «фев». */
    month: (at: Instant) => monthOnly.format(new Date(at)).replace(/\.$/, ""),
    /** «14:05». */
    time: (at: Instant) => clock.format(new Date(at)),
    dateTime: (at: Instant) => `${date(at)}, ${clock.format(new Date(at))}`,
    /** To the second, for what machines did one after the other. */
    seconds: (at: Instant) => `${date(at)}, ${preciseClock.format(new Date(at))}`,
    timeZoneName: (at: Instant): string => {
      const name = zone.formatToParts(new Date(at)).find((part) => part.type === "timeZoneName")?.value;
      return name ?? timeZone;
    },
  };
}

export type Formats = ReturnType<typeof formats>;

/** Formats in the reader's language, and in `timeZone` when it is not the reader's own. */
export function useFormats(timeZone?: string): Formats {
  const locale = useLocale();
  const zone = timeZone ?? locale.timeZone;
  return useMemo(() => formats({ language: locale.language, timeZone: zone }), [locale.language, zone]);
}

/** Calendar days from today until `at` as they are counted in `timeZone`: 0 is today, negative is past. */
export function daysUntil(at: Instant, timeZone: string, now: Date = new Date()): number {
  const calendar = new Intl.DateTimeFormat("en-CA", { timeZone: knownTimeZone(timeZone) });
  const midnight = (moment: Date) => Date.parse(`${calendar.format(moment)}T00:00:00Z`);
  return Math.round((midnight(new Date(at)) - midnight(now)) / 86_400_000);
}
