/** Payments as platform admins see them: every organization's, with all that ЮKassa ever said of each. */
import { queryOptions } from "@tanstack/react-query";
import type { Subscription, TransactionStatus } from "./billing";
import { callFunction, data, dataOrNull, database } from "./client";
import type { Database } from "./database.types";
import type { Organization } from "./organizations";
import { keys } from "./keys";

type Tables = Database["public"]["Tables"];

export type PaymentRow = Tables["payment_transactions"]["Row"];
export type RefundRow = Tables["payment_refunds"]["Row"];
export type FiscalReceiptRow = Tables["fiscal_receipts"]["Row"];
export type NotificationRow = Tables["payment_webhooks_log"]["Row"];
export type StatusStep = Tables["payment_status_events"]["Row"];
export type Difference = Tables["payment_differences"]["Row"];
export type RetryRow = Tables["subscription_retry_attempts"]["Row"];

type Owner = Pick<Organization, "id" | "name" | "slug" | "inn">;

export type FoundPayment = Pick<
  PaymentRow,
  | "id"
  | "organization_id"
  | "subscription_id"
  | "plan_id"
  | "kind"
  | "amount"
  | "currency"
  | "status"
  | "confirmation_url"
  | "refunded_amount"
  | "cancellation_party"
  | "cancellation_reason"
  | "quarantine_reason"
  | "judged_at"
  | "receipt_registration"
  | "period_start"
  | "method_saved"
  | "created_at"
  | "updated_at"
  | "yookassa_payment_id"
> & { organization: string; slug: string; inn: string | null };

/** A status of a payment; `judge`: put aside and waiting for a person; `refunded`: given back, whole or in part. */
export type PaymentFilter = TransactionStatus | "judge" | "refunded";

/** ЮKassa's ids look like our own. */
export const isId = (text: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);

/** How much can be given back, in roubles as the database writes them. */
export type RefundLimit = {
  refundable: string;
  /** What of it became credit of a later period. */
  credited: string;
  /** From which amount on the subscription ends; null: not at all. */
  ends_with: string | null;
};

export type PaymentFile = {
  payment: PaymentRow & { organizations: Owner };
  steps: StatusStep[];
  refunds: RefundRow[];
  /** Fiscal documents of the payment and of its refunds. */
  receipts: FiscalReceiptRow[];
  notifications: NotificationRow[];
  differences: Difference[];
  /** The retry this payment was, when it was one. */
  retry: RetryRow | null;
  limit: RefundLimit;
  /** As it is now; null for a payment that began none. */
  subscription: Subscription | null;
  /** Other payments for the same period of the same subscription. */
  siblings: Pick<PaymentRow, "id" | "kind" | "status" | "amount" | "currency" | "created_at">[];
};

/** Everything there is about one payment. ApiError `not_found`. */
export function paymentFile(transactionId: string) {
  return queryOptions({
    queryKey: keys.adminPayment(transactionId),
    queryFn: async ({ signal }): Promise<PaymentFile> => {
      const [payment, steps, refunds, receipts, retry] = await Promise.all([
        data(
          database()
            .from("payment_transactions")
            .select("*, organizations(id, name, slug, inn)")
            .eq("id", transactionId)
            .abortSignal(signal)
            .single(),
        ),
        data(
          database()
            .from("payment_status_events")
            .select("*")
            .eq("transaction_id", transactionId)
            .order("id")
            .abortSignal(signal),
        ),
        data(
          database()
            .from("payment_refunds")
            .select("*")
            .eq("transaction_id", transactionId)
            .order("created_at")
            .abortSignal(signal),
        ),
        data(
          database()
            .from("fiscal_receipts")
            .select("*")
            .eq("transaction_id", transactionId)
            .order("registered_at")
            .order("id")
            .abortSignal(signal),
        ),
        dataOrNull(
          database()
            .from("subscription_retry_attempts")
            .select("*")
            .eq("transaction_id", transactionId)
            .abortSignal(signal)
            .maybeSingle(),
        ),
      ]);
      const objects = [
        payment.yookassa_payment_id,
        ...refunds.map((refund) => refund.yookassa_refund_id),
      ].filter((id) => id !== null);
      const [limit, notifications, differences, siblings, subscription] = await Promise.all([
        data(database().rpc("refund_limit", { transaction_id: transactionId }).abortSignal(signal)),
        objects.length === 0
          ? []
          : data(
              database()
                .from("payment_webhooks_log")
                .select("*")
                .in("object_id", objects)
                .order("received_at")
                .abortSignal(signal),
            ),
        objects.length === 0
          ? []
          : data(
              database()
                .from("payment_differences")
                .select("*")
                .in("object_id", objects)
                .order("found_at")
                .abortSignal(signal),
            ),
        payment.subscription_id === null || payment.period_start === null
          ? []
          : data(
              database()
                .from("payment_transactions")
                .select("id, kind, status, amount, currency, created_at")
                .eq("subscription_id", payment.subscription_id)
                .eq("period_start", payment.period_start)
                .neq("id", transactionId)
                .order("created_at")
                .abortSignal(signal),
            ),
        payment.subscription_id === null
          ? null
          : dataOrNull(
              database()
                .from("subscriptions")
                .select("*")
                .eq("id", payment.subscription_id)
                .abortSignal(signal)
                .maybeSingle(),
            ),
      ]);
      return {
        payment,
        steps,
        refunds,
        receipts,
        notifications,
        differences,
        retry,
        siblings,
        subscription,
        limit: limit as RefundLimit,
      };
    },
  });
}

/** Where our books and ЮKassa's do not agree, and nobody has said why yet; oldest first. */
export function openDifferences() {
  return queryOptions({
    queryKey: keys.paymentDifferences(),
    queryFn: ({ signal }): Promise<Difference[]> =>
      data(
        database()
          .from("payment_differences")
          .select("*")
          .is("resolved_at", null)
          .order("found_at")
          .limit(100)
          .abortSignal(signal),
      ),
  });
}

/** Says how a difference was settled. Throws ApiError `invalid_input` with field `resolution`; `not_found`. */
export async function resolveDifference(differenceId: string, resolution: string): Promise<void> {
  await dataOrNull(database().rpc("resolve_difference", { difference_id: differenceId, resolution }));
}

/** Gives a payment that was not as asked back, or lets it count after all. Throws ApiError `invalid_transition`. */
export async function judgeQuarantined(input: {
  transaction_id: string;
  decision: "refund" | "accept";
  comment: string;
}): Promise<void> {
  await data(database().rpc("judge_quarantined", input));
}

/** Asks ЮKassa what became of a payment, and records it. */
export async function refetchPayment(transactionId: string): Promise<void> {
  await callFunction("payment_refetch", { transaction_id: transactionId });
}

/**
 * Gives money back: `amount` in roubles, "500.00"; all that is left without it. Asking twice in the same words is the
 * same refund. Throws ApiError `invalid_input` with fields `amount`, `reason`; `invalid_transition`.
 */
export async function refundPayment(input: {
  transaction_id: string;
  amount?: string;
  reason: string;
}): Promise<{ status: string }> {
  return callFunction("refund", input);
}
