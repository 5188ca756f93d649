/** A verified name is changed by asking. */
import { queryOptions } from "@tanstack/react-query";
import { data, database } from "./client";
import type { Database } from "./database.types";
import { keys } from "./keys";

export type NameChange = Database["public"]["Tables"]["name_change_requests"]["Row"];

/** Every request of the organization, newest first; for its admins and owners. */
export function nameChanges(organizationId: string) {
  return queryOptions({
    queryKey: keys.nameChanges(organizationId),
    queryFn: ({ signal }): Promise<NameChange[]> =>
      data(
        database()
          .from("name_change_requests")
          .select("*")
          .eq("organization_id", organizationId)
          .order("created_at", { ascending: false })
          .limit(30)
          .abortSignal(signal),
      ),
  });
}

/** Throws ApiError `invalid_input` with fields `name`, `legal_name`, `message`; `request_pending`. */
export async function requestNameChange(input: {
  organization_id: string;
  name: string;
  legal_name: string;
  message: string;
  evidence_paths: string[];
}): Promise<void> {
  await data(database().rpc("request_name_change", input));
}

/** Throws ApiError `invalid_transition` when it was decided meanwhile. */
export async function withdrawNameChange(requestId: string): Promise<void> {
  await data(database().rpc("withdraw_name_change", { request_id: requestId }));
}
