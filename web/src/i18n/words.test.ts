import { describe, expect, it } from "vitest";
import { declineReasons, levelReasons, notificationKinds } from "../api/codes";
import { paymentTexts } from "./payments";
import { formats } from "./format";
import { tell } from "./notifications";
import { plain } from "../test/show";
import { closed, sentences, words } from "./words";

describe("the words of codes", () => {
  it("are there in both languages for every code of the rules, and for no other", () => {
    for (const { kind, reason, decline } of [words.ru, words.en]) {
      expect(Object.keys(kind).toSorted()).toEqual([...notificationKinds].toSorted());
      expect(Object.keys(reason).toSorted()).toEqual([...levelReasons].toSorted());
      expect(Object.keys(decline).toSorted()).toEqual(Object.keys(declineReasons).toSorted());
    }
  });

  it("stand after a colon in an e-mail, and are sentences on a page", () => {
    expect(paymentTexts.ru.declined.insufficient_funds[0]).toBe("На карте недостаточно средств.");
    expect(words.ru.decline.insufficient_funds.why).toBe("на карте недостаточно средств");
    expect(sentences(words.en.decline).internal_timeout[0]).toBe(
      "YooKassa could not process the payment in time.",
    );
    expect(closed(words.ru.reason).refunded).toBe("деньги за этот период возвращены.");
    for (const { why } of [...Object.values(words.ru.decline), ...Object.values(words.en.decline)])
      expect(why).not.toMatch(/\.$/);
  });
});

describe("a notification", () => {
  const told = (kind: string, data: Record<string, unknown>) => {
    const { title, text, to } = tell(
      { kind, data },
      "ru",
      formats({ language: "ru", timeZone: "Europe/Moscow" }),
      () => 3,
    );
    return { title: plain(title), text: plain(text), to };
  };

  it.each([...notificationKinds])("of kind %s has a title of its own", (kind) => {
    expect(told(kind, { slug: "paseka", level: "A", outcome: "upheld" }).title).not.toBe("Новое уведомление");
  });

  it("that came after this build is told in general words", () => {
    expect(told("made_up", { slug: "paseka" })).toEqual({
      title: "Новое уведомление",
      text: "",
      to: "/dashboard?organization=paseka",
    });
  });

  it("says why a level was lost in our words or an admin's, never by a code", () => {
    expect(told("status_revoked", { level: "B", reason: "refunded" }).text).toBe(
      "Причина: деньги за этот период возвращены.",
    );
    expect(told("status_revoked", { level: "B", reason: "Нет печати" }).text).toBe("Причина: Нет печати");
    expect(told("status_revoked", { level: "B", reason: "made_up" }).text).toBe("");
  });

  it("says why a charge failed and what happens next", () => {
    const data = { reason: "card_expired", grace_until: "2027-03-26T09:00:00Z", next_charge_at: null };
    expect(told("grace_started", data).text).toBe(
      "Срок действия карты истёк. Статус сохраняется до 26 марта 2027. Привяжите другую карту: с этой больше пробовать не будем.",
    );
    expect(
      told("payment_failed", { ...data, reason: "made_up", next_charge_at: "2027-03-22T09:00:00Z" }).text,
    ).toBe("Статус сохраняется до 26 марта 2027. Попробуем ещё раз 22 марта 2027.");
  });
});
