import type { StatusEvent, StatusLevel } from "../api/statuses";

/** A time during which a level was held without a break; `to` is null while it goes on. ISO 8601. */
export type Stretch = { from: string; to: string | null };

/**
 * When each level was held, from the history (in any order): a level begins when it is granted and ends when it is
 * revoked, expires or gives way. One past its term has ended, even before the daily job writes it down.
 */
export function stretchesByLevel(events: readonly StatusEvent[], now: Date): Map<StatusLevel, Stretch[]> {
  const stretches = new Map<StatusLevel, Stretch[]>();
  const terms = new Map<StatusLevel, string | null>();
  for (const event of events.toSorted((a, b) => a.occurred_at.localeCompare(b.occurred_at))) {
    const { level, action, valid_until, occurred_at } = event;
    const held = stretches.get(level) ?? [];
    stretches.set(level, held);
    const last = held.at(-1);
    const isOpen = last?.to === null;
    if (action === "granted" || action === "extended") {
      if (!isOpen) held.push({ from: occurred_at, to: null });
      terms.set(level, valid_until);
    } else if (isOpen && (action === "revoked" || action === "expired" || action === "superseded")) {
      last.to = occurred_at;
    }
  }
  for (const [level, held] of stretches) {
    const last = held.at(-1);
    const term = terms.get(level);
    if (last?.to === null && term && new Date(term) <= now) last.to = term;
  }
  return stretches;
}
