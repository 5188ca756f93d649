/** Asking for level B: the request, its evidence, and what was decided. */
import { asApiError } from "./errors";
import { queryOptions } from "@tanstack/react-query";
import { callFunction, data, database } from "./client";
import type { Database } from "./database.types";
import { signedAddresses, upload, type OnProgress } from "./storage";
import { keys } from "./keys";

export type UpgradeRequest = Database["public"]["Tables"]["status_upgrade_requests"]["Row"];
export type EvidenceFile = {
  path: string;
  content_type: string;
  /** Null when it is not known. */
  bytes: number | null;
};

/** Whose evidence it is: the folder it lies in, and the organization, which a person who claims an INN has none of. */
export type EvidenceOwner = { folder: string; organization_id: string | null };

export const evidence = {
  maxFiles: 10,
  types: ["application/pdf", "image/jpeg", "image/png"],
} as const;

/** Every request of the organization, newest first; for its admins and owners. */
export function upgradeRequests(organizationId: string) {
  return queryOptions({
    queryKey: keys.upgradeRequests(organizationId),
    queryFn: ({ signal }): Promise<UpgradeRequest[]> =>
      data(
        database()
          .from("status_upgrade_requests")
          .select("*")
          .eq("organization_id", organizationId)
          .order("created_at", { ascending: false })
          .abortSignal(signal),
      ),
  });
}

/** What the files are and where they can be read for an hour, in the order of `paths`. */
export function evidenceFiles(paths: readonly string[]) {
  return queryOptions({
    queryKey: keys.evidence(paths),
    queryFn: async ({ signal }): Promise<(EvidenceFile & { address: string | undefined })[]> => {
      if (paths.length === 0) return [];
      const [files, addresses] = await Promise.all([
        data(
          database()
            .from("evidence_files")
            .select("path, content_type, bytes")
            .in("path", [...paths])
            .abortSignal(signal),
        ),
        signedAddresses("status-evidence", paths),
      ]);
      return paths.flatMap((path) => {
        const file = files.find((each) => each.path === path) ?? ofAClaim(path);
        return file ? [{ ...file, address: addresses.get(path) }] : [];
      });
    },
    // A signed address is good for an hour.
    staleTime: 30 * 60_000,
  });
}

/** What was handed in with a claim stands in no table, only in the claim: its name tells what it is (storage.ts). */
function ofAClaim(path: string): EvidenceFile | undefined {
  if (!path.startsWith("claims/")) return undefined;
  const content_type = { pdf: "application/pdf", jpg: "image/jpeg", png: "image/png" }[
    path.split(".")[1] ?? ""
  ];
  return { path, content_type: content_type ?? "application/octet-stream", bytes: null };
}

/** Sends a file and has it judged. Throws ApiError `too_large`; `invalid_input` with field `path`. */
export async function uploadEvidence(
  { folder, organization_id }: EvidenceOwner,
  file: File,
  options: { onProgress?: OnProgress; signal?: AbortSignal },
): Promise<string> {
  const path = await upload("status-evidence", folder, file, options);
  await inspect({ organization_id, path }, options.signal);
  return path;
}

/** Ten files a minute are looked at, in turns: whoever has more, or comes when many do, waits as long as they are told. */
async function inspect(
  file: { organization_id: string | null; path: string },
  signal?: AbortSignal,
): Promise<void> {
  for (let patience = 3; ; patience -= 1) {
    try {
      await callFunction("validate_evidence", file, signal);
      return;
    } catch (error) {
      const seconds = asApiError(error).retryAfter;
      if (seconds === undefined || patience === 0 || signal?.aborted) throw error;
      await new Promise((resolve) => setTimeout(resolve, (seconds + 1) * 1000));
    }
  }
}

/** Throws ApiError `invalid_input`, `media_not_validated`, `request_pending`. */
export async function submitUpgradeRequest(input: {
  organization_id: string;
  message: string;
  evidence_paths: string[];
}): Promise<UpgradeRequest> {
  return data(database().rpc("submit_upgrade_request", { ...input, target_level: "B" }));
}

/** Throws ApiError `invalid_transition` when it was decided meanwhile. */
export async function withdrawUpgradeRequest(requestId: string): Promise<void> {
  await data(database().rpc("withdraw_upgrade_request", { request_id: requestId }));
}
