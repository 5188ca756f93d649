/** What the pages know about plans and subscriptions beyond what the database says in words of its own. */
import type { PaymentMethod, Plan, Subscription, Transaction } from "../../api/billing";
import { plural } from "../../i18n/dictionary";
import type { Formats } from "../../i18n/format";
import type { Language } from "../../i18n/locale";

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
  return transactions.find(
    ({ status }, index) => index === 0 && (status === "created" || status === "pending"),
  );
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
