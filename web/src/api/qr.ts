import { queryOptions } from "@tanstack/react-query";
import { data, database } from "./client";
import { keys } from "./keys";
import type { OrganizationPage } from "./organizations";

/** What became of a printed code, the gravest first: design.md §7. */
export type QrState = "deleted" | "revoked" | "lapsed" | "unproven" | "off" | "story_gone" | "active";

/** What a buyer finds behind a printed code. */
export type QrPage = {
  code: string;
  state: QrState;
  /** Where the code leads on; null when it is switched off, its organization is deleted, or it leads nowhere else. */
  target_url: string | null;
  /** Null before the first level ever held. */
  organization: OrganizationPage | null;
};

/** Counts nothing. ApiError `not_found` for a code that is none. */
export function qrPage(code: string) {
  return queryOptions({
    queryKey: keys.qrPage(code),
    queryFn: async ({ signal }) =>
      (await data(database().rpc("get_qr_page", { code }).abortSignal(signal))) as QrPage,
  });
}
