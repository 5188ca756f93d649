/** What Chestno says of itself, by versions, and what people agreed to. */
import { queryOptions } from "@tanstack/react-query";
import { data, database } from "./client";
import type { Database } from "./database.types";
import { keys } from "./keys";

export type PlatformPageKey = Database["public"]["Enums"]["platform_page_key"];
export type Consent = Database["public"]["Tables"]["consents"]["Row"];

/** A text in one of its versions; `body` is Markdown. */
export type PlatformPage = {
  key: PlatformPageKey;
  version: number;
  locale: string;
  title: string;
  body: string;
  published_at: string;
  /** The latest first. */
  versions: { version: number; published_at: string }[];
};

export type TextVersion = { key: PlatformPageKey; version: number };

/** A text in force. */
export type TextInForce = TextVersion & { title: string; needs_consent: boolean; published_at: string };

/** Where each page stands. */
export const platformPaths: Record<PlatformPageKey, string> = {
  about: "/about",
  how_we_verify: "/how-we-verify",
  offer: "/offer",
  privacy: "/privacy",
  contacts: "/contacts",
};

/** ApiError `not_found` before it is published. `version`: an earlier one, else the one in force. */
export function platformPage(key: PlatformPageKey, locale: string, version?: number) {
  return queryOptions({
    queryKey: keys.platformPage(key, locale, version?.toString() ?? ""),
    queryFn: async ({ signal }) =>
      (await data(
        database()
          .rpc("get_platform_page", { key, locale, ...(version !== undefined && { version }) })
          .abortSignal(signal),
      )) as PlatformPage,
  });
}

/** The texts in force. */
export function textsInForce(locale: string) {
  return queryOptions({
    queryKey: keys.textsInForce(locale),
    queryFn: async ({ signal }) =>
      (await data(database().rpc("list_platform_pages", { locale }).abortSignal(signal))) as TextInForce[],
  });
}

/** What the signed-in person agreed to, the latest first. */
export function myConsents(userId: string) {
  return queryOptions({
    queryKey: keys.myConsents(userId),
    queryFn: ({ signal }): Promise<Consent[]> =>
      data(
        database()
          .from("consents")
          .select("*")
          .eq("user_id", userId)
          .order("given_at", { ascending: false })
          .abortSignal(signal),
      ),
  });
}

/** They were shown these texts and agree, to the offer for the organization. ApiError `invalid_input` when one is not in force any more. */
export async function giveConsents(texts: readonly TextVersion[], organizationId: string): Promise<void> {
  await data(database().rpc("give_consents", { texts: [...texts], organization_id: organizationId }));
}
