import { queryOptions } from "@tanstack/react-query";
import { callFunction, data, database } from "./client";
import type { Database } from "./database.types";
import { keys } from "./keys";
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

/** The plans on sale, in their order; open to everybody. */
export function plans() {
  return queryOptions({
    queryKey: keys.plans(),
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

/** The subscription that runs, or the last one, and what follows from it. */
export type SubscriptionOverview = Subscription & {
  is_live: boolean;
  plan: ChosenPlan;
  /** The level that hangs on it: 0 until a period was paid. */
  level: StatusLevel;
  /** It runs out because we took its level away. */
  is_revoked: boolean;
  /** What cancelling would do; null where there is nothing to cancel. */
  cancelling: { at: string; at_once: boolean; loses: StatusLevel[] } | null;
};

/** A plan with its price as the database writes it, "1490.00". */
export type ChosenPlan = Omit<Plan, "amount"> & { amount: string };

/** A plan on sale and what can be done about it. */
export type Offer = ChosenPlan & {
  plan_id: string;
  offer: "pay" | "change" | "current" | "closed";
  why:
    | "not_allowed"
    | "charge_under_way"
    | "being_deleted"
    | "lower_level"
    | "verification_required"
    | "verification_pending"
    | null;
  /** Whether a trial can be begun with it, and when one begun now would end. */
  trial: boolean;
  trial_until: string | null;
  /** What a year costs less than twelve months; null when it does not. */
  saving: string | null;
};

export type NextCharge = {
  /** ISO 8601; null when none is planned. */
  at: string | null;
  amount: string;
  currency: string;
  payment_method_id: string | null;
  why_not: "under_way" | "cancelled" | "no_card" | "declined" | null;
};

/** A saved card as far as we may know it. */
export type Card = {
  id: string;
  title: string | null;
  type: string;
  brand: string | null;
  last4: string | null;
  /** The moment from which it is no good. */
  expires_at: string | null;
  is_expired: boolean;
  /** The subscription is charged to it. */
  is_main: boolean;
};

/** A fiscal document (54-ФЗ). */
export type FiscalReceipt = {
  /** `payment`: income; `refund`: its return. */
  kind: string;
  fiscal_storage_number: string;
  fiscal_document_number: string;
  fiscal_attribute: string;
  registered_at: string;
};

export type Refund = {
  id: string;
  amount: string;
  currency: string;
  status: string;
  reason: string;
  receipt_registration: string | null;
  /** Oldest first; empty until their numbers are known. */
  receipts: FiscalReceipt[];
  created_at: string;
  updated_at: string;
};

/** A payment or an attempt, with what was given back of it. */
export type Payment = Pick<
  Transaction,
  | "id"
  | "kind"
  | "plan_id"
  | "currency"
  | "status"
  | "method_saved"
  | "cancellation_party"
  | "cancellation_reason"
  | "quarantine_reason"
  | "judged_at"
  | "receipt_registration"
  | "created_at"
  | "updated_at"
> & {
  amount: string;
  refunded_amount: string;
  /** The title of its plan. */
  plan: Plan["title"];
  /** The how manieth try of a charge; null for the first. */
  attempt: number | null;
  /** Oldest first; empty until their numbers are known. */
  receipts: FiscalReceipt[];
  refunds: Refund[];
};

export type BillingOverview = {
  subscription: SubscriptionOverview | null;
  next_charge: NextCharge | null;
  /** The plan gets another price, for the periods that begin from that moment on. */
  price_change: { from: string; to: string; currency: string; applies_from: string } | null;
  offers: Offer[];
  /** A payment whose outcome is not known yet; kind `renewal`: we are charging the card right now. */
  under_way: {
    transaction_id: string;
    kind: TransactionKind;
    status: TransactionStatus;
    payment_url: string | null;
    amount: string;
    currency: string;
    created_at: string;
  } | null;
  cards: Card[];
  ended: {
    at: string;
    reason: "refunded" | "grace_period_ended" | "subscription_cancelled" | null;
    /** What was given back. */
    amount: string | null;
    currency: string;
  } | null;
  /** Why the period that is due is not paid, and when the card is tried again. */
  last_decline: { at: string; reason: string; next_try_at: string | null; later_tries: string[] } | null;
  payments: Payment[];
  /** Where receipts go; null before the first one. */
  receipts_to: string | null;
};

/** The whole billing page. For members below admin the money in it is empty. */
export function billingOverview(organizationId: string) {
  return queryOptions({
    ...fresh,
    queryKey: keys.billing(organizationId),
    queryFn: async ({ signal }) =>
      (await data(
        database().rpc("billing_overview", { organization_id: organizationId }).abortSignal(signal),
      )) as BillingOverview,
  });
}

/** Everything that a change of the subscription or its card moves. */
export const movedByBilling = (organizationId: string) => [
  keys.billing(organizationId),
  keys.statusOverview(organizationId),
  keys.status(organizationId),
  keys.statusHistory(organizationId),
];

/** One payment, for the return page. ApiError `not_found` when it is not one's own. */
export function transaction(transactionId: string) {
  return queryOptions({
    queryKey: keys.transaction(transactionId),
    queryFn: ({ signal }): Promise<Transaction> =>
      data(
        database()
          .from("payment_transactions")
          .select(transactionColumns)
          .eq("id", transactionId)
          .abortSignal(signal)
          .single(),
      ),
  });
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
export function paymentState(transactionId: string) {
  return queryOptions({
    queryKey: keys.paymentState(transactionId),
    queryFn: ({ signal }): Promise<PaymentState> =>
      callFunction("payment_status", { transaction_id: transactionId }, signal),
    staleTime: 0,
  });
}

/** Removes a saved card; nothing is charged to it from that moment, but what `charge_under_way` may still come. */
export async function forgetPaymentMethod(paymentMethodId: string): Promise<{ charge_under_way: boolean }> {
  return (await data(database().rpc("forget_payment_method", { payment_method_id: paymentMethodId }))) as {
    charge_under_way: boolean;
  };
}

/** The subscription is charged to this saved card from now on; what is owed, within the hour. */
export async function setMainPaymentMethod(paymentMethodId: string): Promise<{ is_charged_next: boolean }> {
  return (await data(database().rpc("set_main_payment_method", { payment_method_id: paymentMethodId }))) as {
    is_charged_next: boolean;
  };
}

/** Leaves a page that was opened and not paid; what is paid there all the same goes back. Throws ApiError `invalid_transition`. */
export async function abandonCheckout(transactionId: string): Promise<void> {
  await data(database().rpc("abandon_checkout", { transaction_id: transactionId }));
}

/** Ends the subscription with its period; at once when the period is over. Throws ApiError `not_found`. */
export async function cancelSubscription(organizationId: string): Promise<Subscription> {
  return data(database().rpc("cancel_subscription", { organization_id: organizationId }));
}

/** Takes a cancellation back. Throws ApiError `not_found`, `invalid_transition`: it is over, or was not cancelled. */
export async function resumeSubscription(organizationId: string): Promise<Subscription> {
  return data(database().rpc("resume_subscription", { organization_id: organizationId }));
}

/** One line of a quote; the amounts add up to what is to be paid. */
export type QuoteLine =
  | { kind: "price" | "minimum"; amount: string }
  /** `days` unused of a period of `of_days`; `is_less_refunds`: what was given back is taken off of what it cost. */
  | {
      kind: "credit";
      amount: string;
      /** What the period cost. */
      of_amount: string;
      days: number;
      of_days: number;
      is_less_refunds: boolean;
    }
  | { kind: "bonus_days"; days: number };

/** What a change of plan costs: amount = price − credit, at least "1.00"; a larger credit adds days. */
export type PlanChangeQuote = {
  plan_id: string;
  amount: string;
  /** Positive, as one says it: «вычитаем …». */
  credit: string;
  currency: string;
  /** ISO 8601: when the new period will end. */
  period_end: string;
  /** A price announced for later; who holds the plan pays it 30 days after a notice. */
  coming_price: { amount: string; valid_from: string } | null;
  lines: QuoteLine[];
};

/** Asked anew each time: it changes with the day. ApiError `verification_required`, `invalid_transition`. */
export function planChangeQuote(organizationId: string, planId: string) {
  return queryOptions({
    queryKey: keys.planChangeQuote(organizationId, planId),
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
