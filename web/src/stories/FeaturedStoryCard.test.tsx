import { screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { plain, show } from "../test/show";
import { published } from "../test/stories";
import { FeaturedStoryCard } from "./FeaturedStoryCard";

it("says that it stands first, when it came out, and leads to the story", () => {
  const { container } = show(<FeaturedStoryCard story={published({ is_featured: true })} slug="paseka" />);
  expect(plain(container.textContent)).toContain("Главное");
  expect(plain(container.textContent)).toContain("12 марта 2027");
  expect(screen.getByRole("link", { name: "Как мы качаем мёд" }).getAttribute("href")).toBe(
    "/organizations/paseka/stories/s1",
  );
});
