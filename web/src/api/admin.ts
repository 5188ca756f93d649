/** What platform admins do. The database decides who is one; here it is only asked, to hide what cannot be done. */
import { queryOptions } from "@tanstack/react-query";
import { account } from "./account";
import { data, database } from "./client";
import type { Claim } from "./claims";
import type { DocumentKind } from "./codes";
import type { Database } from "./database.types";
import type { NameChange } from "./nameChanges";
import type { Organization } from "./organizations";
import type { StatusLevel } from "./statuses";
import type { UpgradeRequest } from "./upgradeRequests";
import { keys } from "./keys";

/** Whether the person runs the platform. */
export function isPlatformAdmin(userId: string) {
  return queryOptions({ ...account(userId), select: ({ isPlatformAdmin }) => isPlatformAdmin });
}

export type QueuedRequest = UpgradeRequest & { organizations: Organization };

/** One request, with whose it is. ApiError `not_found`. */
export function adminRequest(id: string) {
  return queryOptions({
    queryKey: keys.adminRequest(id),
    queryFn: ({ signal }): Promise<QueuedRequest> =>
      data(
        database()
          .from("status_upgrade_requests")
          .select("*, organizations(*)")
          .eq("id", id)
          .abortSignal(signal)
          .single(),
      ),
  });
}

/**
 * `valid_until`: level B for that term; null: the organization may buy a plan of level B. `documents`: what an approval
 * stands on, which buyers read. Throws ApiError `invalid_input` with fields `comment`, `valid_until`;
 * `invalid_transition` when it was decided meanwhile; `subscription_exists` when a subscription holds B already.
 */
export async function reviewRequest(input: {
  request_id: string;
  decision: "approved" | "rejected" | "more_asked";
  comment: string;
  valid_until: string | null;
  documents: DocumentKind[];
}): Promise<void> {
  const { valid_until, ...rest } = input;
  await data(
    database().rpc("review_upgrade_request", valid_until === null ? rest : { ...rest, valid_until }),
  );
}

export type QueuedClaim = Claim & { organizations: Organization };

/** One claim to an INN, with the organization under it. ApiError `not_found`. */
export function adminClaim(id: string) {
  return queryOptions({
    queryKey: keys.adminClaim(id),
    queryFn: ({ signal }): Promise<QueuedClaim> =>
      data(
        database()
          .from("organization_claims")
          .select("*, organizations(*)")
          .eq("id", id)
          .abortSignal(signal)
          .single(),
      ),
  });
}

/** Throws ApiError `invalid_transition` when it was decided meanwhile, or nobody stands under the INN any more. */
export async function reviewClaim(input: {
  claim_id: string;
  decision: "approved" | "rejected";
  outcome?: "handed_over" | "inn_freed";
  comment: string;
}): Promise<void> {
  await data(database().rpc("review_claim", input));
}

export type QueuedNameChange = NameChange & { organizations: Organization };

/** One change of a verified name, with whose it is. ApiError `not_found`. */
export function adminNameChange(id: string) {
  return queryOptions({
    queryKey: keys.adminNameChange(id),
    queryFn: ({ signal }): Promise<QueuedNameChange> =>
      data(
        database()
          .from("name_change_requests")
          .select("*, organizations(*)")
          .eq("id", id)
          .abortSignal(signal)
          .single(),
      ),
  });
}

/** Throws ApiError `invalid_transition` when it was decided or taken back meanwhile. */
export async function reviewNameChange(input: {
  request_id: string;
  decision: "approved" | "rejected";
  comment: string;
}): Promise<void> {
  await data(database().rpc("review_name_change", input));
}

export type LevelRow = Pick<
  Database["public"]["Tables"]["organization_status_levels"]["Row"],
  "organization_id" | "level" | "valid_until" | "subscription_id"
>;

/** The active levels of these organizations, the highest first. */
export function activeLevels(organizationIds: readonly string[]) {
  return queryOptions({
    queryKey: keys.adminLevels(organizationIds),
    queryFn: async ({ signal }): Promise<LevelRow[]> =>
      organizationIds.length === 0
        ? []
        : data(
            database()
              .from("organization_status_levels")
              .select("organization_id, level, valid_until, subscription_id")
              .in("organization_id", [...organizationIds])
              .eq("is_active", true)
              .order("level", { ascending: false })
              .abortSignal(signal),
          ),
  });
}

export function organizationById(organizationId: string) {
  return queryOptions({
    queryKey: keys.adminOrganization(organizationId),
    queryFn: ({ signal }) =>
      data(
        database().from("organizations").select("*").eq("id", organizationId).abortSignal(signal).single(),
      ),
  });
}

/** Throws ApiError `subscription_exists` (a subscription holds it), `invalid_transition` (C without A or B). */
export async function grantLevel(input: {
  organization_id: string;
  level: StatusLevel;
  valid_until: string | null;
  notes: string;
}): Promise<void> {
  const { valid_until, notes, ...rest } = input;
  await data(
    database().rpc("grant_status_level", {
      ...rest,
      ...(valid_until === null ? {} : { valid_until }),
      ...(notes === "" ? {} : { notes }),
    }),
  );
}

/** Ends a level at once. Buyers read the reason. */
export async function revokeLevel(input: {
  organization_id: string;
  level: StatusLevel;
  reason: string;
}): Promise<void> {
  await data(database().rpc("revoke_status_level", input));
}
