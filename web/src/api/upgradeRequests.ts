/** Asking for level B: the request, its evidence, and what was decided. */
import { asApiError } from "./errors";
import { queryOptions } from "@tanstack/react-query";
import { callFunction, data, database } from "./client";
import type { DocumentKind } from "./codes";
import type { Database } from "./database.types";
import { signedAddresses, upload, type OnProgress } from "./storage";
import { keys } from "./keys";

export type UpgradeRequest = Database["public"]["Tables"]["status_upgrade_requests"]["Row"];
export type EvidenceFile = {
  path: string;
  content_type: string;
  bytes: number;
  /** What it was called where it was chosen; null when that is not known. */
  name: string | null;
};

/** What was said about a request, in its order. */
export type RequestStep = Omit<Database["public"]["Tables"]["upgrade_request_steps"]["Row"], "action"> & {
  action: "submitted" | "more_asked" | "answered" | "approved" | "rejected" | "withdrawn";
};

type InBoth = { ru: string; en: string };
export type AskedPaper = {
  document: DocumentKind;
  /** Level B is not given without it. */
  is_required: boolean;
  title: InBoth;
  note: InBoth | null;
};
/** What is asked of who wants level B, how long it takes, what it costs then. */
export type VerificationGuide = {
  /** The one that the organization's own words speak of. */
  trade: string | null;
  for_all: AskedPaper[];
  trades: { trade: string; title: InBoth; papers: AskedPaper[] }[];
  review: {
    /** Working days. */
    promised_days: number;
    decided: number;
    /** Measured; null while too few were decided. */
    median_hours: number | null;
  };
  plans: { plan_id: string; period: "month" | "year"; amount: string; currency: string }[];
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

/** What both sides said about the organization's requests, oldest first. */
export function requestSteps(organizationId: string) {
  return queryOptions({
    queryKey: keys.requestSteps(organizationId),
    queryFn: async ({ signal }) =>
      (await data(
        database()
          .from("upgrade_request_steps")
          .select("*")
          .eq("organization_id", organizationId)
          .order("occurred_at")
          .abortSignal(signal),
      )) as RequestStep[],
  });
}

/** `category`: what an organization does, in its own words. */
export function verificationGuide(category: string | null) {
  return queryOptions({
    queryKey: keys.verificationGuide(category ?? ""),
    queryFn: async ({ signal }) =>
      (await data(
        database()
          .rpc("verification_guide", category === null ? {} : { category })
          .abortSignal(signal),
      )) as VerificationGuide,
    staleTime: 10 * 60_000,
  });
}

/** What the files are and where they can be read for an hour, in the order of `paths`. */
export function evidenceFiles(paths: readonly string[]) {
  return queryOptions({
    queryKey: keys.evidence(paths),
    queryFn: async ({ signal }): Promise<(EvidenceFile & { address: string | undefined })[]> => {
      if (paths.length === 0) return [];
      // What goes with a claim or a report is a person's; those who decide on it ask for it by name.
      const isOfAPerson = paths.some((path) => path.startsWith("claims/"));
      const [files, addresses] = await Promise.all([
        isOfAPerson
          ? (data(
              database()
                .rpc("claim_papers", { paths: [...paths] })
                .abortSignal(signal),
            ) as Promise<unknown> as Promise<EvidenceFile[]>)
          : data(
              database()
                .from("evidence_files")
                .select("path, content_type, bytes, name")
                .in("path", [...paths])
                .abortSignal(signal),
            ),
        signedAddresses("status-evidence", paths),
      ]);
      return paths.flatMap((path) => {
        const file = files.find((each) => each.path === path);
        return file ? [{ ...file, address: addresses.get(path) }] : [];
      });
    },
    // A signed address is good for an hour.
    staleTime: 30 * 60_000,
  });
}

/** Sends a file and has it judged. Throws ApiError `too_large`; `invalid_input` with field `path`. */
export async function uploadEvidence(
  { folder, organization_id }: EvidenceOwner,
  file: File,
  options: { onProgress?: OnProgress; signal?: AbortSignal },
): Promise<string> {
  const path = await upload("status-evidence", folder, file, options);
  await inspect({ organization_id, path, name: file.name }, options.signal);
  return path;
}

/** Ten files a minute are looked at, in turns: whoever has more, or comes when many do, waits as long as they are told. */
async function inspect(
  file: { organization_id: string | null; path: string; name: string },
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
