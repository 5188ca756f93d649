import { screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { plain, show } from "../../test/show";
import { PeriodSelector } from "./PeriodSelector";

describe("the period selector", () => {
  it("offers four periods, marks the one that is shown, and says which is wanted", async () => {
    const onPeriod = vi.fn();
    show(<PeriodSelector period="30d" onPeriod={onPeriod} />);
    const buttons = screen.getAllByRole("button");
    expect(buttons.map(({ textContent }) => plain(textContent))).toEqual([
      "7 дней",
      "30 дней",
      "90 дней",
      "Всё время",
    ]);
    expect(buttons.map((button) => button.getAttribute("aria-pressed"))).toEqual([
      "false",
      "true",
      "false",
      "false",
    ]);
    await userEvent.tab();
    await userEvent.keyboard("{Enter}");
    expect(onPeriod).toHaveBeenCalledExactlyOnceWith("7d");
  });
});
