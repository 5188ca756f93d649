/** What platform admins do. The database decides who is one; here it is only asked, to hide what cannot be done. */
import { queryOptions } from "@tanstack/react-query";
import { data, dataOrNull, database } from "./client";
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
  return queryOptions({
    queryKey: keys.platformAdmin(userId),
    queryFn: async ({ signal }) =>
      (await dataOrNull(
        database()
          .from("platform_admins")
          .select("user_id")
          .eq("user_id", userId)
          .abortSignal(signal)
          .maybeSingle(),
      )) !== null,
    staleTime: 5 * 60_000,
  });
}

export type QueuedRequest = UpgradeRequest & { organizations: Organization };

/** Requests that wait for a decision, oldest first. */
export function requestQueue() {
  return queryOptions({
    queryKey: keys.requestQueue(),
    queryFn: ({ signal }): Promise<QueuedRequest[]> =>
      data(
        database()
          .from("status_upgrade_requests")
          .select("*, organizations(*)")
          .eq("status", "pending")
          .order("created_at")
          .limit(100)
          .abortSignal(signal),
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

/** Claims to INNs that wait for a decision, oldest first. */
export function claimQueue() {
  return queryOptions({
    queryKey: keys.claimQueue(),
    queryFn: ({ signal }): Promise<QueuedClaim[]> =>
      data(
        database()
          .from("organization_claims")
          .select("*, organizations(*)")
          .eq("status", "pending")
          .order("created_at")
          .limit(100)
          .abortSignal(signal),
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

/** Changes of verified names that wait for a decision, oldest first. */
export function nameChangeQueue() {
  return queryOptions({
    queryKey: keys.nameChangeQueue(),
    queryFn: ({ signal }): Promise<QueuedNameChange[]> =>
      data(
        database()
          .from("name_change_requests")
          .select("*, organizations(*)")
          .eq("status", "pending")
          .order("created_at")
          .limit(100)
          .abortSignal(signal),
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

/** At most so many organizations are found. */
export const mostFound = 50;

/** Organizations whose name or address holds `text`, or whose INN begins with it; the newest when it is empty. */
export function findOrganizations(text: string) {
  return queryOptions({
    queryKey: keys.adminOrganizations(text),
    queryFn: ({ signal }) => organizationsLike(text, signal),
  });
}

/** The same for other searches that go by an organization. */
export async function organizationsLike(text: string, signal: AbortSignal): Promise<Organization[]> {
  const all = () => database().from("organizations").select("*");
  // What is typed is looked for as it is. One question per column: a joint one would have to be quoted.
  // Names are kept in NFC; some keyboards and files give e-mails and their marks apart.
  const pattern = text.normalize("NFC").replace(/[\\%_]/g, "\\$&");
  const questions =
    text === ""
      ? [all()]
      : [
          all().ilike("name", `%${pattern}%`),
          ...(/^[a-z0-9-]+$/i.test(text) ? [all().ilike("slug", `%${pattern}%`)] : []),
          ...(/^\d+$/.test(text) ? [all().like("inn", `${text}%`)] : []),
        ];
  const answers = await Promise.all(
    questions.map((question) =>
      data(question.order("created_at", { ascending: false }).limit(mostFound).abortSignal(signal)),
    ),
  );
  const found = new Map(answers.flat().map((each) => [each.id, each]));
  return [...found.values()].sort((a, b) => b.created_at.localeCompare(a.created_at)).slice(0, mostFound);
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
