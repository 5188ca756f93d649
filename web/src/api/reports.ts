/** Telling us of abuse, and deciding on what was told. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { data, database } from "./client";
import type { Database } from "./database.types";
import { canonicalEmail } from "./emails";
import { keys } from "./keys";
import type { Organization } from "./organizations";

type Enums = Database["public"]["Enums"];
export type ReportKind = Enums["report_kind"];
export type ReportOutcome = Enums["report_outcome"];
export type Report = Database["public"]["Tables"]["abuse_reports"]["Row"];

/**
 * A visitor gives an address, and hands in no files. Throws ApiError `invalid_input`, `media_not_validated`,
 * `email_not_confirmed`, `too_many_requests`.
 */
export async function reportAbuse(input: {
  kind: string;
  organization_id?: string;
  url?: string;
  message: string;
  email?: string;
  evidence_paths?: string[];
}): Promise<void> {
  const wish = input.email ? { ...input, email: canonicalEmail(input.email) } : input;
  await data(database().rpc("report_abuse", wish));
}

/** What became of a report. Days by Moscow's calendar: `2027-03-12`. */
export type DecidedReport = {
  kind: ReportKind;
  outcome: ReportOutcome;
  reported_on: string;
  decided_on: string;
  /** Only where it was upheld, and that is published. */
  organization: Pick<Organization, "name" | "slug"> | null;
  /** It was named by mistake until then. */
  unpublished_on: string | null;
};

export type ReportOutcomes = {
  items: DecidedReport[];
  next: string | null;
  totals: Record<ReportOutcome | "waiting", number>;
};

/** For everybody: what became of all reports, the last decided first. */
export function reportOutcomes() {
  return infiniteQueryOptions({
    queryKey: keys.reportOutcomes(),
    initialPageParam: undefined as string | undefined,
    queryFn: ({ signal, pageParam }) =>
      data(
        database()
          .rpc("list_report_outcomes", { ...(pageParam && { after: pageParam }) })
          .abortSignal(signal),
      ) as unknown as Promise<ReportOutcomes>,
    getNextPageParam: ({ next }) => next,
  });
}

export type QueuedReport = Report & {
  /** Null: nobody we know. */
  organizations: Pick<Organization, "id" | "name" | "slug"> | null;
};

/** For platform admins: one report, with whom it is about. ApiError `not_found`. */
export function adminReport(id: string) {
  return queryOptions({
    queryKey: keys.adminReport(id),
    queryFn: ({ signal }): Promise<QueuedReport> =>
      data(
        database()
          .from("abuse_reports")
          .select("*, organizations(id, name, slug)")
          .eq("id", id)
          .abortSignal(signal)
          .single(),
      ),
  });
}

/** Throws ApiError `invalid_transition` when it was decided meanwhile. */
export async function reviewReport(input: {
  report_id: string;
  outcome: ReportOutcome;
  comment: string;
  publish: boolean;
}): Promise<void> {
  await data(database().rpc("review_report", input));
}

/** What was published by mistake is shown no longer. Throws ApiError `invalid_transition` when it is not published. */
export async function unpublishReport(input: { report_id: string; comment: string }): Promise<void> {
  await data(database().rpc("unpublish_report", input));
}

/** What a decision changes, here and on the organization's page. */
export function touchedByReport({ id, organizations }: QueuedReport) {
  return [
    keys.adminReport(id),
    keys.deskList("admin_reports"),
    ...(organizations ? [keys.organization(organizations.slug)] : []),
  ];
}
