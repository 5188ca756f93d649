import type { Card } from "../../api/billing";
import type { billingTexts } from "../../i18n/billing";

type Texts = (typeof billingTexts)["ru"];

/** ЮKassa's names are one word; these are what is printed on the card. */
const brands: Record<string, string> = {
  MasterCard: "Mastercard",
  AmericanExpress: "American Express",
  UnionPay: "UnionPay",
  JCB: "JCB",
  Visa: "Visa",
  Maestro: "Maestro",
};

/** «Mastercard ·· 4444»; a wallet by ЮKassa's own title. */
export function cardName({ brand: name, last4, title }: Card, t: Texts): string {
  if (!last4) return title ?? t.card.unknownBrand;
  const brand = name === "Mir" ? t.card.mir : name && (brands[name] ?? name);
  return t.card.number(brand ?? t.card.unknownBrand, last4);
}

/** The month printed on the card, `12/30`. The database keeps the moment from which the card is no good. */
export function cardExpiry(expires_at: string): string {
  const lastMoment = new Date(new Date(expires_at).getTime() - 1);
  const month = String(lastMoment.getUTCMonth() + 1).padStart(2, "0");
  return `${month}/${String(lastMoment.getUTCFullYear()).slice(-2)}`;
}
