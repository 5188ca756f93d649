import { useFormats, type Instant } from "../i18n/format";

/** An amount: `1 490 ₽`. */
export function Money({ amount, currency = "RUB" }: { amount: number | string; currency?: string }) {
  return <span className="whitespace-nowrap">{useFormats().money(amount, currency)}</span>;
}

/**
 * A moment, with its time zone on hover. `timeZone` is the organization's for what concerns an organization;
 * without it the reader's own.
 */
export function DateTime({
  at,
  timeZone,
  show = "date-time",
}: {
  at: Instant;
  timeZone?: string;
  show?: "date-time" | "date" | "short-date";
}) {
  const formats = useFormats(timeZone);
  const moment = new Date(at);
  return (
    <time dateTime={moment.toISOString()} title={`${formats.dateTime(at)}, ${formats.timeZoneName(at)}`}>
      {show === "date"
        ? formats.date(at)
        : show === "short-date"
          ? formats.shortDate(at)
          : formats.dateTime(at)}
    </time>
  );
}
