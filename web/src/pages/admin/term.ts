/**
 * Terms that admins give. A term ends with a day of Moscow: the organization's own time zone is known to its
 * members only. Moscow has kept UTC+3 since 2014 (246-ФЗ as amended by 248-ФЗ of 21.07.2014).
 */
export const termZone = "Europe/Moscow";

export const terms = ["none", "3", "6", "12", "date"] as const;
export type Term = (typeof terms)[number];

/** The last moment of the term: ISO 8601, or null without one. `day` (2027-03-12) counts when `term` is "date". */
export function termEnd(term: Term, day: string, now = new Date()): string | null {
  if (term === "none" || dayMistake(term, day, now)) return null;
  const last = term === "date" ? day : monthsLater(now, Number(term));
  return `${last}T23:59:59+03:00`;
}

/** A field error code for the day that was typed. */
export function dayMistake(term: Term, day: string, now = new Date()): string | undefined {
  if (term !== "date") return undefined;
  if (!/^\d{4}-\d\d-\d\d$/.test(day)) return "required";
  return Date.parse(`${day}T23:59:59+03:00`) <= now.getTime() ? "in_the_past" : undefined;
}

/** The same day of a later month; of a shorter month, its last: 31 August + 6 months is 28 February. */
function monthsLater(now: Date, months: number): string {
  const today = new Intl.DateTimeFormat("en-CA", { timeZone: termZone }).format(now);
  const [year = 0, month = 1, day = 1] = today.split("-").map(Number);
  const last = new Date(Date.UTC(year, month - 1 + months + 1, 0)).getUTCDate();
  return new Date(Date.UTC(year, month - 1 + months, Math.min(day, last))).toISOString().slice(0, 10);
}
