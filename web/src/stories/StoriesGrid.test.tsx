import { screen, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { show } from "../test/show";
import { published } from "../test/stories";
import { StoriesGrid } from "./StoriesGrid";

it("is a named list, a story an item, in the order given", () => {
  const stories = ["Липовый", "Гречишный", "Донник"].map((title, index) =>
    published({ id: `s${index}`, title }),
  );
  show(<StoriesGrid stories={stories} slug="paseka" label="Истории" />);
  const items = within(screen.getByRole("list", { name: "Истории" })).getAllByRole("listitem");
  expect(items.map((item) => within(item).getByRole("link").textContent)).toEqual([
    "Липовый",
    "Гречишный",
    "Донник",
  ]);
});
