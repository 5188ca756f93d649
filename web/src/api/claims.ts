/** An INN that somebody else stands under: saying that it is one's own, and what became of it. */
import { queryOptions } from "@tanstack/react-query";
import { data, database } from "./client";
import type { Database } from "./database.types";
import { keys } from "./keys";

export type Claim = Database["public"]["Tables"]["organization_claims"]["Row"];

/** The person's own claims, newest first. */
export function myClaims(userId: string) {
  return queryOptions({
    queryKey: keys.myClaims(userId),
    queryFn: ({ signal }): Promise<Claim[]> =>
      data(
        database()
          .from("organization_claims")
          .select("*")
          .eq("claimant_id", userId)
          .order("created_at", { ascending: false })
          .limit(30)
          .abortSignal(signal),
      ),
  });
}

/**
 * Throws ApiError `not_found` (nobody stands under the INN), `request_pending`, `invalid_transition` (the caller owns
 * the organization), `invalid_input`, `media_not_validated`, `too_many_requests`.
 */
export async function claimOrganization(input: {
  inn: string;
  legal_name: string;
  message: string;
  evidence_paths: string[];
}): Promise<void> {
  await data(database().rpc("claim_organization", input));
}
