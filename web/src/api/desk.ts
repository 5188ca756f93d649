/** The lists of platform admins: RPCs of their own, a page at a time (design §4, §5, §6, §9). */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import type { FoundPayment } from "./adminPayments";
import { askHealth, callFunction, data, database } from "./client";
import type { Database } from "./database.types";
import { keys } from "./keys";
import type { ReportKind, ReportOutcome } from "./reports";
import type { StatusLevel } from "./statuses";

type Enums = Database["public"]["Enums"];

export type FoundOrganization = {
  id: string;
  name: string;
  legal_name: string | null;
  slug: string;
  inn: string | null;
  /** Held, the highest first. */
  levels: StatusLevel[];
  subscription_status: Enums["subscription_status"] | null;
  created_at: string;
  deleted_at: string | null;
};

export type RequestKind = "upgrade" | "claim" | "name_change";
export type RequestStatus = Enums["upgrade_request_status"];

export type FoundRequest = {
  id: string;
  organization_id: string;
  organization: string;
  slug: string;
  inn: string | null;
  status: RequestStatus;
  files: number;
  created_at: string;
  reviewed_at: string | null;
};

export type FoundTicket = {
  id: string;
  number: number;
  subject: string;
  is_visitor: boolean;
  organization_id: string | null;
  organization: string | null;
  created_at: string;
  answered_at: string | null;
};

export type FoundReport = {
  id: string;
  kind: ReportKind;
  organization_id: string | null;
  organization: string | null;
  slug: string | null;
  url: string | null;
  is_visitor: boolean;
  files: number;
  /** Null while it waits. */
  outcome: ReportOutcome | null;
  created_at: string;
  reviewed_at: string | null;
  published_at: string | null;
};

export type AdminAction = {
  id: string;
  admin_id: string;
  /** A name, or else the address; null when the person is gone. */
  admin: string | null;
  /** The name of an RPC. */
  action: string;
  organization_id: string | null;
  organization: string | null;
  subject: string | null;
  detail: Record<string, unknown>;
  occurred_at: string;
};

export type JobRun = {
  id: string;
  job: string;
  started_at: string;
  finished_at: string | null;
  status: "running" | "ok" | "failed";
  summary: unknown;
  error: string | null;
};

type Lists = {
  admin_organizations: FoundOrganization;
  admin_requests: FoundRequest;
  admin_payments: FoundPayment;
  admin_reports: FoundReport;
  admin_support: FoundTicket;
  admin_log: AdminAction;
  admin_job_runs: JobRun;
};
export type ListName = keyof Lists;
export type ItemOf<Name extends ListName> = Lists[Name];
/** What a list is narrowed by, as the RPC names it; what is undefined is not said. */
export type Asked = Readonly<Record<string, string | null | undefined>>;
type Page<Item> = { items: Item[]; next: string | null };

/** How many the page shows at once. */
const shown = 50;
const mostInAPage = 100;

async function ask<Name extends ListName>(
  name: Name,
  asked: Asked,
  after: string | null,
  size: number,
  signal?: AbortSignal,
): Promise<Page<ItemOf<Name>>> {
  const said = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
  const call = database().rpc(name, { ...said, ...(after ? { after } : {}), max_items: size });
  return (await data(signal ? call.abortSignal(signal) : call)) as unknown as Page<ItemOf<Name>>;
}

/** A list, page after page. Throws ApiError `invalid_input` with fields `query`, `created_to`. */
export function deskList<Name extends ListName>(name: Name, asked: Asked) {
  return infiniteQueryOptions({
    queryKey: keys.deskList(name, JSON.stringify(asked)),
    initialPageParam: null as string | null,
    queryFn: ({ signal, pageParam }) => ask(name, asked, pageParam, shown, signal),
    getNextPageParam: (page) => page.next,
  });
}

/** All that a list holds, in large pages. */
export async function* everyPage<Name extends ListName>(
  name: Name,
  asked: Asked,
  signal: AbortSignal,
): AsyncGenerator<ItemOf<Name>[]> {
  for (let after: string | null = null; ;) {
    const page: Page<ItemOf<Name>> = await ask(name, asked, after, mostInAPage, signal);
    yield page.items;
    if (page.next === null) return;
    after = page.next;
  }
}

/** Who runs the platform. */
export function adminPeople() {
  return queryOptions({
    queryKey: keys.adminPeople(),
    queryFn: async ({ signal }): Promise<{ user_id: string; name: string }[]> =>
      ((await data(database().rpc("admin_people").abortSignal(signal))) as unknown as Page<never>).items,
  });
}

export type Job = {
  job: string;
  last_ok_at: string | null;
  late: boolean;
  /** Null for one that never ran. */
  last_started_at: string | null;
  last_status: JobRun["status"] | null;
  runs_in_a_day: number;
  failed_in_a_day: number;
};

/** Every job of the schedule, with how it goes. */
export function jobs() {
  return queryOptions({
    queryKey: keys.jobs(),
    queryFn: async ({ signal }): Promise<Job[]> => {
      const [health, ran] = await Promise.all([
        askHealth(signal),
        data(database().rpc("admin_jobs").abortSignal(signal)) as Promise<unknown>,
      ]);
      const states = new Map((ran as Page<Job>).items.map((state) => [state.job, state]));
      const never = { last_started_at: null, last_status: null, runs_in_a_day: 0, failed_in_a_day: 0 };
      return health.jobs.map((job) => {
        const state = { ...never, ...job, ...states.get(job.job) };
        // Health may be some seconds old: what went well since is not late.
        const since =
          state.last_ok_at !== null &&
          Date.parse(state.last_ok_at) - Date.parse(job.last_ok_at ?? "1970-01-01") > 0;
        return { ...state, late: job.late && !since };
      });
    },
    staleTime: 0,
  });
}

/**
 * Runs a job now; what it answers the scheduler. Throws ApiError `invalid_transition` while it runs, and what the job
 * failed with.
 */
export async function runJob(job: string): Promise<unknown> {
  return callFunction("run_job", { job });
}
