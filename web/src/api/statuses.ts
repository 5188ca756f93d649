import { queryOptions } from "@tanstack/react-query";
import { data, database } from "./client";
import type { Database } from "./database.types";
import { keys } from "./keys";

export type StatusLevel = Database["public"]["Enums"]["status_level"];
export type StatusAction = Database["public"]["Enums"]["status_level_action"];

export type HeldLevel = {
  level: StatusLevel;
  kind: "paid" | "verified" | "earned" | "trial";
  /** ISO 8601. */
  since: string;
  /** ISO 8601; null while a live subscription holds the level. */
  valid_until: string | null;
};

export type OrganizationStatus = {
  /** The highest active level, or null when none is held. */
  level: StatusLevel | null;
  levels: HeldLevel[];
  /** Held once and not now, highest first; 0 that gave way to a higher level is not among them. */
  lost: LostLevel[];
  /** Each time a level was held without a break, highest level first. */
  stretches: Stretch[];
  /** ISO 8601; null before the first level. */
  first_level_at: string | null;
  verified: boolean;
  verdict: Sentence[];
};

/** What is said of an organization, sentence by sentence; words.json has the words. */
export type Sentence =
  | { sentence: "never" }
  /** `unchecked`: nobody looked at its documents. */
  | { sentence: "held"; levels: StatusLevel[]; unchecked: boolean }
  /** `reason`: one of `levelReasons`; `said`: a moderator's own words. `at`: ISO 8601. */
  | {
      sentence: "lost" | "lost_unexplained";
      levels: StatusLevel[];
      at: string;
      reason: string | null;
      said: string | null;
    }
  /** Held now, and lost before, the last time at that moment. */
  | { sentence: "regained"; levels: StatusLevel[]; at: string };

export type LostLevel = {
  level: StatusLevel;
  /** ISO 8601. */
  held_from: string;
  lost_at: string;
  action: "revoked" | "expired";
  /** One of `levelReasons`, or an admin's own sentence. */
  reason: string | null;
  by: "chestno" | "billing" | "term";
};

/** `to` is null while it goes on. ISO 8601. */
export type Stretch = { level: StatusLevel; from: string; to: string | null };

export type StatusEvent = Database["public"]["Functions"]["get_status_history"]["Returns"][number];

/** What the organization holds now; open to everybody for a published organization. */
export function organizationStatus(organizationId: string) {
  return queryOptions({
    queryKey: keys.status(organizationId),
    queryFn: async ({ signal }) =>
      (await data(
        database().rpc("get_organization_status", { organization_id: organizationId }).abortSignal(signal),
      )) as OrganizationStatus,
  });
}

/** Everything that ever happened to the levels, newest first; open to everybody, losses included. */
export function statusHistory(organizationId: string) {
  return queryOptions({
    queryKey: keys.statusHistory(organizationId),
    queryFn: async ({ signal }): Promise<StatusEvent[]> => {
      const events = await data(
        database().rpc("get_status_history", { organization_id: organizationId }).abortSignal(signal),
      );
      return events.toSorted((a, b) => b.occurred_at.localeCompare(a.occurred_at));
    },
  });
}

export type CriterionKey = "published_stories" | "unique_scans" | "days_with_paid_level";

export type Criterion = { key: CriterionKey; required: number; window_days: number | null };

/** What level C asks for; open to everybody. */
export function levelCCriteria() {
  return queryOptions({
    queryKey: keys.levelCCriteria(),
    queryFn: async ({ signal }) =>
      (await data(
        database()
          .from("level_c_criteria")
          .select("key, required, window_days")
          .eq("is_active", true)
          .order("position")
          .abortSignal(signal),
      )) as Criterion[],
    staleTime: 10 * 60_000,
  });
}

export type CriterionProgress = { criterion: CriterionKey; current: number; required: number; met: boolean };
