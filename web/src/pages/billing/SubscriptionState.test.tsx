import { screen } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { BillingOverview } from "../../api/billing";
import { card, overview, subscription } from "../../test/billing";
import { plain, show } from "../../test/show";
import { SubscriptionState } from "./SubscriptionState";

beforeEach(() => {
  vi.useFakeTimers({ now: new Date("2027-03-20T09:00:00Z"), toFake: ["Date"] });
  return () => vi.useRealTimers();
});

function shown(now: BillingOverview, mayPay = true) {
  const { container } = show(
    <SubscriptionState
      subscription={now.subscription ?? subscription()}
      overview={now}
      mayPay={mayPay}
      timeZone="Europe/Moscow"
      actions={<button>actions</button>}
    />,
  );
  return plain(container.textContent);
}

const grace = subscription({
  status: "past_due",
  grace_until: "2027-03-26T09:00:00Z",
  next_charge_at: "2027-03-22T09:00:00Z",
});
const charge = {
  at: "2027-03-22T09:00:00Z",
  amount: "1490.00",
  currency: "RUB",
  payment_method_id: "c1",
  why_not: null,
};
const decline = {
  at: "2027-03-12T09:00:00Z",
  reason: "insufficient_funds",
  next_try_at: "2027-03-22T09:00:00Z",
  later_tries: ["2027-03-25T09:00:00Z"],
};

describe("a subscription's state", () => {
  it("says what is charged, when and from which card", () => {
    const text = shown(overview());
    expect(text).toContain("1 490 ₽ — 12 апреля 2027, с карты Mastercard ·· 4444");
    expect(screen.getByText("actions")).toBeTruthy();
  });

  it("says that nothing will be charged where the card is gone", () => {
    expect(shown(overview({ cards: [] }))).toContain("Не будет: карты нет");
  });

  it("tells somebody who does not pay the price and the day, and of no card", () => {
    const text = shown(overview({ cards: [] }), false);
    expect(text).toContain("1 490 ₽ — 12 апреля 2027");
    expect(text).not.toContain("карт");
  });

  it("says why a charge failed, when it is tried next, and after that", () => {
    const text = shown(overview({ subscription: grace, next_charge: charge, last_decline: decline }));
    expect(text).toContain("На карте недостаточно средств.");
    expect(text).toContain("Статус A сохраняется до 26 марта 2027");
    expect(text).toContain("Попробуем ещё раз 22 марта 2027");
    expect(text).toContain("Если снова не пройдёт25 марта");
  });

  it("does not promise another try where the bank will refuse it", () => {
    const hard = { ...decline, reason: "card_expired", next_try_at: null, later_tries: [] };
    const text = shown(
      overview({
        subscription: { ...grace, next_charge_at: null },
        next_charge: { ...charge, at: null, why_not: "declined" },
        last_decline: hard,
      }),
    );
    expect(text).toContain("Сами больше не попробуем");
    expect(text).toContain("Не будет: этой карте банк отказывает");
  });

  it("is charging right now: nothing is to be paid twice", () => {
    const text = shown(
      overview({
        subscription: grace,
        next_charge: { ...charge, why_not: "under_way" },
        last_decline: decline,
      }),
    );
    expect(text).toContain("Списываем прямо сейчас");
    expect(text).not.toContain("Попробуем ещё раз");
  });

  it("runs out by the organization's own will, or by ours", () => {
    const ending = subscription({ cancel_at_period_end: true, next_charge_at: null, cancelling: null });
    expect(shown(overview({ subscription: ending }))).toContain("Вы её отменили");
    expect(shown(overview({ subscription: { ...ending, is_revoked: true } }))).toContain("Статус снят");
  });

  it.each([
    ["refunded", "Деньги за этот период вернули: 1 490 ₽."],
    ["grace_period_ended", "за 14 дней отсрочки денег так и не поступило."],
    ["subscription_cancelled", "Вы её отменили."],
  ] as const)("is over: %s", (reason, words) => {
    const over = subscription({ status: "canceled", is_live: false, cancelling: null });
    const ended = { at: "2027-03-15T09:00:00Z", reason, amount: "1490.00", currency: "RUB" };
    const text = shown(
      overview({ subscription: over, next_charge: null, cards: [card({ is_main: false })], ended }),
    );
    expect(text).toContain("Подписка закончилась 15 марта 2027");
    expect(text).toContain(words);
  });
});
