import { screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { card, subscription } from "../../test/billing";
import { plain, show } from "../../test/show";
import { SavedCards } from "./SavedCards";

describe("removing a card", () => {
  it.each([
    [card(), subscription(), "Оплаченное остаётся: подписка действует до 12 апреля 2027."],
    [
      card(),
      subscription({ status: "trialing", trial_ends_at: "2027-03-26T09:00:00Z" }),
      "Испытательный срок останется до 26 марта 2027.",
    ],
    [
      card(),
      subscription({ status: "past_due", grace_until: "2027-03-26T09:00:00Z" }),
      "Повторных списаний не будет.",
    ],
    [
      card(),
      subscription({ cancel_at_period_end: true }),
      "Подписка закончится 12 апреля 2027, как и была отменена.",
    ],
    [card({ is_main: false }), subscription(), "Сейчас мы с неё ничего не списываем."],
    [card({ is_main: false }), null, "Сейчас мы с неё ничего не списываем."],
  ])("says what follows (%#)", async (saved, live, words) => {
    const { baseElement } = show(
      <SavedCards cards={[saved]} subscription={live} organizationId="o1" timeZone="Europe/Moscow" />,
    );
    await userEvent.click(screen.getByRole("button", { name: /^Удалить/ }));
    expect(plain(baseElement.textContent)).toContain(words);
  });

  it("marks the card that is charged and one that is no good any more", () => {
    const { container } = show(
      <SavedCards
        cards={[card(), card({ id: "c2", is_main: false, is_expired: true })]}
        subscription={subscription()}
        organizationId="o1"
        timeZone="Europe/Moscow"
      />,
    );
    const [first, second] = [...container.querySelectorAll("li")].map((row) => plain(row.textContent));
    expect(first).toContain("до 12/30 · для списаний");
    expect(second).toContain("срок истёк");
    expect(second).not.toContain("для списаний");
  });
});
