import { expect, it } from "vitest";
import { billingTexts } from "../../i18n/billing";
import { card } from "../../test/billing";
import { plain } from "../../test/show";
import { cardExpiry, cardName } from "./cards";

it.each([
  [{}, "Mastercard ·· 4444"],
  [{ brand: "Mir" }, "Мир ·· 4444"],
  [{ brand: "NewBrand" }, "NewBrand ·· 4444"],
  [{ brand: null }, "Карта ·· 4444"],
  [{ last4: null, title: "YooMoney wallet" }, "YooMoney wallet"],
  [{ last4: null, title: null }, "Карта"],
])("a card %j is called %s", (changes, name) => {
  expect(plain(cardName(card(changes), billingTexts.ru))).toBe(name);
});

it("expires in the month that is printed on it", () => {
  expect(cardExpiry("2031-01-01T00:00:00Z")).toBe("12/30");
});
