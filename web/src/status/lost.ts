import type { OrganizationStatus, StatusEvent, StatusLevel } from "../api/statuses";

export type LostLevel = {
  level: StatusLevel;
  /** ISO 8601. */
  at: string;
  reason: string | null;
};

/**
 * The levels that were held and are not any more, highest first. Level 0 that gave way to a higher one was not lost.
 * `history` is newest first, so the first event of a level is its last word.
 */
export function lostLevels(
  status: OrganizationStatus,
  history: readonly StatusEvent[],
  now = new Date(),
): LostLevel[] {
  const held = new Set(status.levels.map((item) => item.level));
  const lost = new Map<StatusLevel, LostLevel | null>();
  for (const { level, action, reason, valid_until, occurred_at } of history) {
    if (held.has(level) || lost.has(level)) continue;
    if (action === "revoked" || action === "expired") {
      lost.set(level, { level, at: occurred_at, reason });
    } else if (action !== "superseded" && valid_until && new Date(valid_until) <= now) {
      // Past its term already; the daily job will write it down.
      lost.set(level, { level, at: valid_until, reason: null });
    } else {
      lost.set(level, null);
    }
  }
  return [...lost.values()].filter((item) => item !== null).sort((a, b) => b.level.localeCompare(a.level));
}
