import { queryOptions } from "@tanstack/react-query";
import { callFunction, data, dataOrNull, database } from "./client";
import type { Database } from "./database.types";
import type { StatusLevel } from "./statuses";

type Tables = Database["public"]["Tables"];
type Enums = Database["public"]["Enums"];

export type SubscriptionStatus = Enums["subscription_status"];
export type TransactionKind = Enums["transaction_kind"];
export type TransactionStatus = Enums["transaction_status"];

export type Plan = {
  id: string;
  level: StatusLevel;
  title: { ru: string; en: string };
  /** Rubles. */
  amount: number;
  currency: string;
  period: "month" | "year";
  trial_days: number;
  requires_verification: boolean;
  limits: { qr_codes?: number | null; stories_per_month?: number | null; members?: number | null };
};

export type Subscription = Tables["subscriptions"]["Row"];
export type PaymentMethod = Tables["payment_methods"]["Row"];

// A list, not `*`: the idempotence key and the exact body sent to ЮKassa are none of the browser's business.
const transactionColumns =
  "id, organization_id, subscription_id, plan_id, kind, amount, currency, status, confirmation_url, refunded_amount, cancellation_party, cancellation_reason, quarantine_reason, judged_at, receipt_registration, period_start, method_saved, created_at, updated_at" as const;

export type Transaction = Pick<
  Tables["payment_transactions"]["Row"],
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
>;

/** Jobs and notifications move money while a page is open: what is shown is asked again whenever it comes into view. */
const fresh = { staleTime: 0 } as const;

const refundColumns =
  "id, transaction_id, amount, currency, status, reason, receipt_registration, created_at, updated_at" as const;

export type Refund = Pick<
  Tables["payment_refunds"]["Row"],
  | "id"
  | "transaction_id"
  | "amount"
  | "currency"
  | "status"
  | "reason"
  | "receipt_registration"
  | "created_at"
  | "updated_at"
>;

/** A declined charge is tried again on these days; `outcome` is null while the attempt is to come. */
export type RetryAttempt = Tables["subscription_retry_attempts"]["Row"];

/** The plans on sale, in their order; open to everybody. */
export function plans() {
  return queryOptions({
    queryKey: ["plans"],
    queryFn: async ({ signal }) =>
      (await data(
        database()
          .from("subscription_plans")
          .select("id, level, title, amount, currency, period, trial_days, requires_verification, limits")
          .eq("is_active", true)
          .order("position")
          .abortSignal(signal),
      )) as Plan[],
    staleTime: 10 * 60_000,
  });
}

/** The organization's latest subscription, live or over; null when it never had one. */
export function subscription(organizationId: string) {
  return queryOptions({
    ...fresh,
    queryKey: ["subscription", organizationId],
    queryFn: ({ signal }): Promise<Subscription | null> =>
      dataOrNull(
        database()
          .from("subscriptions")
          .select("*")
          .eq("organization_id", organizationId)
          .order("created_at", { ascending: false })
          .limit(1)
          .abortSignal(signal)
          .maybeSingle(),
      ),
  });
}

/** The saved cards; none for a member below admin. */
export function paymentMethods(organizationId: string) {
  return queryOptions({
    ...fresh,
    queryKey: ["payment-methods", organizationId],
    queryFn: ({ signal }): Promise<PaymentMethod[]> =>
      data(
        database()
          .from("payment_methods")
          .select("*")
          .eq("organization_id", organizationId)
          .is("revoked_at", null)
          .order("created_at", { ascending: false })
          .abortSignal(signal),
      ),
  });
}

/** Every payment and attempt, newest first; none for a member below admin. */
export function transactions(organizationId: string) {
  return queryOptions({
    ...fresh,
    queryKey: ["transactions", organizationId],
    queryFn: ({ signal }): Promise<Transaction[]> =>
      data(
        database()
          .from("payment_transactions")
          .select(transactionColumns)
          .eq("organization_id", organizationId)
          .order("created_at", { ascending: false })
          .abortSignal(signal),
      ),
  });
}

/** Money given back, newest first; none for a member below admin. */
export function refunds(organizationId: string) {
  return queryOptions({
    ...fresh,
    queryKey: ["refunds", organizationId],
    queryFn: ({ signal }): Promise<Refund[]> =>
      data(
        database()
          .from("payment_refunds")
          .select(refundColumns)
          .eq("organization_id", organizationId)
          .order("created_at", { ascending: false })
          .abortSignal(signal),
      ),
  });
}

/** The attempts of a subscription, past and planned, in their order; none for a member below admin. */
export function retryAttempts(subscriptionId: string) {
  return queryOptions({
    ...fresh,
    queryKey: ["retry-attempts", subscriptionId],
    queryFn: ({ signal }): Promise<RetryAttempt[]> =>
      data(
        database()
          .from("subscription_retry_attempts")
          .select("*")
          .eq("subscription_id", subscriptionId)
          .order("scheduled_at")
          .abortSignal(signal),
      ),
  });
}

/** One payment, for the return page. ApiError `not_found` when it is not one's own. */
export async function transaction(transactionId: string): Promise<Transaction> {
  return data(
    database().from("payment_transactions").select(transactionColumns).eq("id", transactionId).single(),
  );
}

/**
 * `trial` and `card` hold 1 ₽ and return it; `subscription` pays for a period, also of what is past due;
 * `plan_change` pays for another plan less the unused days of this one. `card` looks at no plan.
 */
export type CheckoutKind = "trial" | "subscription" | "plan_change" | "card";

export type Checkout = {
  transaction_id: string;
  /** ЮKassa's page; null when there is nothing left to pay. */
  payment_url: string | null;
  /** "1490.00" */
  amount: string;
  currency: string;
};

/**
 * Starts a payment. A second call within an hour gives the same page, so a double click costs nothing.
 * Throws ApiError `invalid_input` with field `billing_email` when a receipt has nowhere to go.
 */
export async function startCheckout(input: {
  organization_id: string;
  plan_id: string;
  kind: CheckoutKind;
}): Promise<Checkout> {
  return callFunction("checkout", input);
}

export type PaymentState = {
  transaction_id: string;
  status: TransactionStatus;
  kind: TransactionKind;
  cancellation_reason: string | null;
  method_saved: boolean | null;
  subscription_status: SubscriptionStatus | null;
};

/** Asks ЮKassa, through our function, what became of a payment: the redirect alone proves nothing. */
export async function paymentState(transactionId: string, signal?: AbortSignal): Promise<PaymentState> {
  return callFunction("payment_status", { transaction_id: transactionId }, signal);
}

/** Removes a saved card; nothing is charged to it from that moment, but what `charge_under_way` may still come. */
export async function forgetPaymentMethod(paymentMethodId: string): Promise<{ charge_under_way: boolean }> {
  return (await data(database().rpc("forget_payment_method", { payment_method_id: paymentMethodId }))) as {
    charge_under_way: boolean;
  };
}

/** Ends the subscription with its period; at once when the period is over. Throws ApiError `not_found`. */
export async function cancelSubscription(organizationId: string): Promise<Subscription> {
  return data(database().rpc("cancel_subscription", { organization_id: organizationId }));
}

/** Takes a cancellation back. Throws ApiError `not_found`, `invalid_transition`: it is over, or was not cancelled. */
export async function resumeSubscription(organizationId: string): Promise<Subscription> {
  return data(database().rpc("resume_subscription", { organization_id: organizationId }));
}

/** The arithmetic of a change of plan: amount = price − credit, at least "1.00"; a larger credit adds days. */
export type PlanChangeQuote = {
  plan_id: string;
  /** Roubles with kopecks, "14900.00", like `credit` and `amount`. */
  price: string;
  credit: string;
  amount: string;
  currency: string;
  unused_days: number;
  days_in_period: number;
  bonus_days: number;
  /** ISO 8601: when the new period will end. */
  period_end: string;
};

/** Asked anew each time: it changes with the day. ApiError `verification_required`, `invalid_transition`. */
export function planChangeQuote(organizationId: string, planId: string) {
  return queryOptions({
    queryKey: ["plan-change-quote", organizationId, planId],
    queryFn: async ({ signal }) =>
      (await data(
        database()
          .rpc("quote_plan_change", { organization_id: organizationId, plan_id: planId })
          .abortSignal(signal),
      )) as PlanChangeQuote,
    staleTime: 0,
    gcTime: 0,
  });
}
