import { queryOptions } from "@tanstack/react-query";
import type { BillingOverview, NextCharge } from "./billing";
import { data, database } from "./client";
import { keys } from "./keys";
import type { QrBucket, QrPeriod } from "./qr";
import type { Criterion, CriterionProgress, OrganizationStatus, StatusEvent, StatusLevel } from "./statuses";
import type { RequestStep, UpgradeRequest, VerificationGuide } from "./upgradeRequests";

/** Where an organization stands with its subscription and the level it holds. */
export type StateKind =
  | "none"
  /** A level without a subscription. */
  | "granted"
  | "trialing"
  | "active"
  | "ending"
  | "past_due"
  /** A subscription without a level. */
  | "revoked"
  | "ended";

export type OverviewState = {
  kind: StateKind;
  /** ISO 8601; null where nothing runs out. */
  until: string | null;
  next_charge: NextCharge | null;
  ended: BillingOverview["ended"];
  /** The transaction of a payment page that was opened and not finished. */
  unfinished_payment: string | null;
  /** 0: no trial can be begun. */
  trial_days: number;
};

export type FirstStep = "profile" | "logo" | "trial" | "page" | "share" | "qr" | "story";

/** ISO 8601. */
type At = { at: string };

export type OverviewEvent = At &
  (
    | { kind: "level_granted" | "level_revoked" | "level_expired"; level: StatusLevel; reason: string | null }
    | {
        kind: "payment_succeeded" | "payment_declined" | "payment_refunded";
        amount: string;
        currency: string;
      }
    | { kind: "story_approved" | "story_rejected"; story_id: string; title: string }
    | {
        kind: "request_sent" | "request_approved" | "request_rejected" | "request_more_asked";
        level: StatusLevel;
      }
  );

export type Overview = {
  state: OverviewState;
  status: OrganizationStatus;
  checklist: { step: FirstStep; done: boolean }[];
  criteria: (CriterionProgress & Pick<Criterion, "window_days">)[];
  /** The newest first. */
  events: OverviewEvent[];
};

/** The whole overview but its chart. */
export function organizationOverview(organizationId: string) {
  return queryOptions({
    queryKey: keys.overview(organizationId),
    queryFn: async ({ signal }) =>
      (await data(
        database().rpc("organization_overview", { organization_id: organizationId }).abortSignal(signal),
      )) as Overview,
  });
}

export type StatusOverview = Pick<Overview, "state" | "status" | "criteria"> & {
  /** The newest first. */
  history: StatusEvent[];
  /** The newest first; for admins and owners, as the steps. */
  requests: UpgradeRequest[];
  steps: RequestStep[];
  guide: VerificationGuide;
};

/** The whole status page. */
export function statusOverview(organizationId: string) {
  return queryOptions({
    queryKey: keys.statusOverview(organizationId),
    queryFn: async ({ signal }) =>
      (await data(
        database().rpc("status_overview", { organization_id: organizationId }).abortSignal(signal),
      )) as unknown as StatusOverview,
  });
}

/** The scans of all codes of an organization over time. */
export function organizationQrTimeline(organizationId: string, period: QrPeriod) {
  return queryOptions({
    queryKey: keys.qrTimeline(organizationId, period),
    queryFn: async ({ signal }): Promise<QrBucket[]> =>
      data(
        database()
          .rpc("organization_qr_timeline", { organization_id: organizationId, period })
          .abortSignal(signal),
      ),
  });
}

/** Says that the link to the public page was copied: one of the first steps. */
export async function markShared(organizationId: string): Promise<void> {
  await data(database().rpc("mark_shared", { organization_id: organizationId }));
}
