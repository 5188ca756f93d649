import { queryOptions } from "@tanstack/react-query";
import { account } from "./account";
import { data, database } from "./client";
import type { Database } from "./database.types";

export type Profile = Database["public"]["Tables"]["profiles"]["Row"];

/** The profile of the person who is signed in. */
export function profile(userId: string) {
  return queryOptions({ ...account(userId), select: ({ profile }) => profile });
}

export async function updateProfile(
  userId: string,
  changes: Database["public"]["Tables"]["profiles"]["Update"],
): Promise<Profile> {
  return data(database().from("profiles").update(changes).eq("id", userId).select("*").single());
}
