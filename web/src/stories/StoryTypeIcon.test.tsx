import { expect, it } from "vitest";
import { storyTypes } from "../api/stories";
import { show } from "../test/show";
import { StoryTypeIcon } from "./StoryTypeIcon";

it("gives every type a name and a picture of its own", () => {
  const seen = storyTypes.map((type) => {
    const { container } = show(<StoryTypeIcon type={type} />);
    return { name: container.textContent, picture: container.querySelector("svg")?.innerHTML };
  });
  expect(seen.map(({ name }) => name)).toEqual([
    "История успеха",
    "Мнение эксперта",
    "Отзыв покупателя",
    "Событие",
    "Как мы работаем",
  ]);
  expect(new Set(seen.map(({ picture }) => picture)).size).toBe(storyTypes.length);
});
