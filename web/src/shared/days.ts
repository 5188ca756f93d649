/** The moment at which a day (2027-03-12) begins in a time zone; undefined for what is no day. */
export function dayStart(day: string, timeZone: string): string | undefined {
  if (!/^\d{4}-\d\d-\d\d$/.test(day)) return undefined;
  const midnight = Date.parse(`${day}T00:00:00Z`);
  if (Number.isNaN(midnight)) return undefined;
  // Twice: what the clocks are ahead by is asked at a guess first, and then at the moment that was found.
  const guess = midnight - ahead(midnight, timeZone);
  return new Date(midnight - ahead(guess, timeZone)).toISOString();
}

/** The moment at which it ends: the day after begins. */
export function dayEnd(day: string, timeZone: string): string | undefined {
  const next = new Date(`${day}T00:00:00Z`);
  if (Number.isNaN(next.getTime())) return undefined;
  next.setUTCDate(next.getUTCDate() + 1);
  return dayStart(next.toISOString().slice(0, 10), timeZone);
}

/** By how many milliseconds the clocks of a zone are ahead of UTC at a moment. */
function ahead(moment: number, timeZone: string): number {
  const shown = new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "medium" });
  return Date.parse(`${shown.format(moment).replace(" ", "T")}Z`) - moment;
}
