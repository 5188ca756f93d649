/** What the pages know about plans and subscriptions beyond what the database says in words of its own. */
import type { PaymentMethod, Plan, Subscription, Transaction } from "../../api/billing";
import type { OrganizationStatus, StatusEvent, StatusLevel } from "../../api/statuses";
import type { UpgradeRequest } from "../../api/upgradeRequests";
import { plural } from "../../i18n/dictionary";
import type { Formats } from "../../i18n/format";
import type { Language } from "../../i18n/locale";
import { isUndecided } from "./outcome";

/** What a card check holds and gives back, in roubles. */
export const holdAmount = 1;

export const isLive = ({ status }: Subscription) =>
  status === "trialing" || status === "active" || status === "past_due";

/** The card that will be charged: none when it was removed. */
export function chargedCard(
  subscription: Subscription,
  methods: readonly PaymentMethod[],
): PaymentMethod | undefined {
  return methods.find(({ id }) => id === subscription.payment_method_id);
}

/** The payment somebody began and did not end: the newest one, while nobody knows how it went. */
export function unfinished(transactions: readonly Transaction[]): Transaction | undefined {
  const [newest] = transactions.filter(({ kind }) => kind !== "renewal");
  return newest && (newest.status === "created" || newest.status === "pending") ? newest : undefined;
}

/** The charge we have begun by ourselves, while ЮKassa makes up its mind. */
export function chargeUnderWay(
  subscription: Subscription,
  transactions: readonly Transaction[],
): Transaction | undefined {
  return transactions.find(
    (payment) =>
      payment.kind === "renewal" && payment.subscription_id === subscription.id && isUndecided(payment),
  );
}

/** Why the period that is due is not paid: the latest charge that failed. None when there was no card to charge. */
export function lastDecline(
  subscription: Subscription,
  transactions: readonly Transaction[],
): Transaction | undefined {
  return transactions.find(
    ({ kind, subscription_id, period_start, status }) =>
      kind === "renewal" &&
      subscription_id === subscription.id &&
      period_start === subscription.current_period_end &&
      status === "canceled",
  );
}

/** The payment of the present period when its whole price was given back, which ends the subscription. */
export function refundedPayment(
  subscription: Subscription,
  transactions: readonly Transaction[],
): Transaction | undefined {
  return transactions.find(
    ({ status, subscription_id, period_start, amount, refunded_amount }) =>
      status === "succeeded" &&
      subscription_id === subscription.id &&
      period_start === subscription.current_period_start &&
      refunded_amount >= amount,
  );
}

/** The level that hangs on the subscription: 0 until a period was paid, also in the grace after a trial. */
export function levelHeldBy(subscription: Subscription, plan: Plan): StatusLevel {
  const { status, trial_ends_at, current_period_end } = subscription;
  const nothingPaid =
    status === "trialing" || (status === "past_due" && trial_ends_at === current_period_end);
  return nothingPaid ? "0" : plan.level;
}

/** Whether C goes with the level: it stands on the last of A and B. */
export function losesC(level: StatusLevel, status: OrganizationStatus): boolean {
  const held = status.levels.map((item) => item.level);
  return held.includes("C") && !held.some((other) => other !== level && (other === "A" || other === "B"));
}

/** When a subscription that is over ended. */
export function endOf(subscription: Subscription, isRefunded: boolean): string {
  const { status, cancel_at_period_end, canceled_at, current_period_end, updated_at } = subscription;
  if (status === "expired" || !canceled_at) return updated_at;
  if (isRefunded) return cancel_at_period_end ? updated_at : canceled_at;
  // Cancelled before the period's end, or after it, when it was past due.
  return new Date(canceled_at) > new Date(current_period_end) ? canceled_at : current_period_end;
}

/** Reasons that end level B and say nothing about the documents. */
const billingReasons = ["subscription_cancelled", "grace_period_ended", "refunded"];

/** Whether the organization is verified, as far as its members see; the database decides. */
export function isVerified(
  status: OrganizationStatus,
  requests: readonly UpgradeRequest[],
  history: readonly StatusEvent[],
): boolean {
  if (status.levels.some(({ level }) => level === "B")) return true;
  const approved = requests.find((request) => request.target_level === "B" && request.status === "approved");
  const reviewed = approved?.reviewed_at;
  return (
    reviewed != null &&
    !history.some(
      ({ level, action, reason, occurred_at }) =>
        level === "B" &&
        action === "revoked" &&
        !(reason && billingReasons.includes(reason)) &&
        occurred_at > reviewed,
    )
  );
}

/** What can be done about a plan. */
export type Offer = "pay" | "change" | "current" | "verify" | "lower";

export function offerOf(
  plan: Plan,
  live: Subscription | undefined,
  current: Plan | undefined,
  verified: boolean,
): Offer {
  // What is past due is paid by the button beside its state.
  if (live && live.status !== "trialing" && plan.id === live.plan_id) return "current";
  if (live?.status === "active") {
    if (current && plan.level < current.level) return "lower";
  }
  if (plan.requires_verification && !verified) return "verify";
  return live?.status === "active" ? "change" : "pay";
}

/** «14 дней», «14 days»: the number and the noun stay together. */
export const days = (count: number, language: Language) =>
  language === "ru"
    ? `${count}\u00a0${plural.ru(count, "день", "дня", "дней")}`
    : `${count}\u00a0${plural.en(count, "day", "days")}`;

/** The day a trial begun now would end, which is the day of the first payment. */
export const trialEnd = (plan: Plan, { date }: Formats, now = new Date()) =>
  date(new Date(now.getTime() + plan.trial_days * 86_400_000));

export const planTitle = (plan: Plan, language: Language) => plan.title[language];

/** What a year costs less than twelve months of the same level, in roubles; 0 when it does not. */
export function yearlySaving(plan: Plan, all: readonly Plan[]): number {
  const monthly = all.find(({ level, period }) => level === plan.level && period === "month");
  return plan.period === "year" && monthly ? Math.max(0, monthly.amount * 12 - plan.amount) : 0;
}
