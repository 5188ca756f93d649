/** A billing page's answer, as the database gives it. */
import type { BillingOverview, Card, Offer, Payment, SubscriptionOverview } from "../api/billing";

const plan = {
  id: "a_month",
  level: "A",
  title: { ru: "Участник, месяц", en: "Member, monthly" },
  amount: "1490.00",
  currency: "RUB",
  period: "month",
  trial_days: 14,
  requires_verification: false,
  limits: { qr_codes: 10, stories_per_month: 3, members: 3 },
} as const;

export const subscription = (changes: Partial<SubscriptionOverview> = {}): SubscriptionOverview => ({
  id: "s1",
  organization_id: "o1",
  plan_id: "a_month",
  status: "active",
  amount: 1490,
  coming_amount: null,
  coming_from: null,
  trial_ends_at: null,
  current_period_start: "2027-03-12T09:00:00Z",
  current_period_end: "2027-04-12T09:00:00Z",
  billing_anchor: "2027-03-12T09:00:00Z",
  next_charge_at: "2027-04-12T09:00:00Z",
  grace_started_at: null,
  grace_until: null,
  cancel_at_period_end: false,
  canceled_at: null,
  payment_method_id: "c1",
  created_by: null,
  created_at: "2027-03-12T09:00:00Z",
  updated_at: "2027-03-12T09:00:00Z",
  is_live: true,
  plan,
  level: "A",
  is_revoked: false,
  cancelling: { at: "2027-04-12T09:00:00Z", at_once: false, loses: ["A"] },
  ...changes,
});

export const card = (changes: Partial<Card> = {}): Card => ({
  id: "c1",
  title: "Bank card *4444",
  type: "bank_card",
  brand: "MasterCard",
  last4: "4444",
  expires_at: "2031-01-01T00:00:00Z",
  is_expired: false,
  is_main: true,
  ...changes,
});

export const offer = (changes: Partial<Offer> = {}): Offer => ({
  ...plan,
  plan_id: plan.id,
  offer: "pay",
  why: null,
  trial: false,
  trial_until: null,
  saving: null,
  ...changes,
});

export const payment = (changes: Partial<Payment> = {}): Payment => ({
  id: "t1",
  kind: "renewal",
  plan_id: "a_month",
  plan: plan.title,
  amount: "1490.00",
  currency: "RUB",
  status: "succeeded",
  refunded_amount: "0.00",
  method_saved: null,
  cancellation_party: null,
  cancellation_reason: null,
  quarantine_reason: null,
  judged_at: null,
  receipt_registration: null,
  created_at: "2027-03-12T09:00:00Z",
  updated_at: "2027-03-12T09:00:00Z",
  attempt: null,
  receipts: [],
  refunds: [],
  ...changes,
});

export const overview = (changes: Partial<BillingOverview> = {}): BillingOverview => ({
  subscription: subscription(),
  price_change: null,
  next_charge: {
    at: "2027-04-12T09:00:00Z",
    amount: "1490.00",
    currency: "RUB",
    payment_method_id: "c1",
    why_not: null,
  },
  offers: [offer({ offer: "current" })],
  under_way: null,
  cards: [card()],
  ended: null,
  last_decline: null,
  payments: [],
  receipts_to: null,
  ...changes,
});
