import { queryOptions } from "@tanstack/react-query";
import { data, database } from "./client";
import type { Database } from "./database.types";
import { keys } from "./keys";

export type Profile = Database["public"]["Tables"]["profiles"]["Row"];

/** The profile of the person who is signed in. */
export function profile(userId: string) {
  return queryOptions({
    queryKey: keys.profile(userId),
    queryFn: ({ signal }) =>
      data(database().from("profiles").select("*").eq("id", userId).abortSignal(signal).single()),
  });
}

export async function updateProfile(
  userId: string,
  changes: Database["public"]["Tables"]["profiles"]["Update"],
): Promise<Profile> {
  return data(database().from("profiles").update(changes).eq("id", userId).select("*").single());
}
