import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { MemoryRouter } from "react-router";
import { expect, it } from "vitest";
import { DeskFilterBar } from "./DeskFilterBar";
import { useDeskFilters } from "./useDeskFilters";

function Bar() {
  return <DeskFilterBar filters={useDeskFilters()} help="" />;
}

it("folds what narrows a list behind a button that counts it", async () => {
  render(
    <MemoryRouter initialEntries={["/admin/log?q=мёд&who=&from=2027-03-01&to=2027-03-31"]}>
      <Bar />
    </MemoryRouter>,
  );
  const button = screen.getByRole("button", { name: "Фильтры (2)" });
  const folded = document.getElementById(button.getAttribute("aria-controls") ?? "");
  expect(folded?.contains(screen.getByLabelText("С"))).toBe(true);
  expect(folded?.contains(screen.getByLabelText("Найти"))).toBe(false);
  expect(button.getAttribute("aria-expanded")).toBe("false");
  await userEvent.click(button);
  expect(button.getAttribute("aria-expanded")).toBe("true");
  expect(folded?.className).toBe("contents");
});
