import type { Card } from "../../api/billing";
import type { billingTexts } from "../../i18n/billing";

type Texts = (typeof billingTexts)["ru"];

/** «Mastercard ·· 4444»; a wallet by ЮKassa's own title. */
export function cardName({ brand: name, last4, title }: Card, t: Texts): string {
  // ЮKassa's names are one word; these are what is printed on the card.
  const names: Record<string, string> = t.card.names;
  if (!last4) return title ?? t.card.names.other;
  return t.card.number(name ? (names[name] ?? name) : t.card.names.other, last4);
}

/** The month printed on the card, `12/30`. The database keeps the moment from which the card is no good. */
export function cardExpiry(expires_at: string): string {
  const lastMoment = new Date(new Date(expires_at).getTime() - 1);
  const month = String(lastMoment.getUTCMonth() + 1).padStart(2, "0");
  return `${month}/${String(lastMoment.getUTCFullYear()).slice(-2)}`;
}
