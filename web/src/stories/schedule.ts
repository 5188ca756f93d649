/** A moment as a form field has it (`2027-03-12T10:00`, by the clocks of a time zone), and back. */
import { knownTimeZone } from "../i18n/locale";

/** What the clocks of `timeZone` show at this moment, to the minute; empty for null. */
export function localTime(at: string | null, timeZone: string): string {
  if (!at) return "";
  const parts = new Intl.DateTimeFormat("sv-SE", {
    timeZone: knownTimeZone(timeZone),
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
  });
  return parts.format(new Date(at)).replace(" ", "T");
}

/** The moment at which the clocks of `timeZone` show this; null for an empty field. An hour that a night leaves out gives one beside it. */
export function instantOf(local: string, timeZone: string): string | null {
  if (!local) return null;
  const asUtc = Date.parse(`${local}Z`);
  if (Number.isNaN(asUtc)) return null;
  // How far the zone is ahead, first where the reading would be UTC, then where that leads: the second is right on
  // every day but in the hour that is left out.
  const ahead = (at: number) => Date.parse(`${localTime(new Date(at).toISOString(), timeZone)}Z`) - at;
  const first = asUtc - ahead(asUtc);
  return new Date(asUtc - ahead(first)).toISOString();
}
