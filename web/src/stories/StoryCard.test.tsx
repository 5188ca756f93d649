import { screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { show } from "../test/show";
import { published } from "../test/stories";
import { StoryCard } from "./StoryCard";

describe("a story among others", () => {
  it("leads to its page by its title alone", () => {
    show(<StoryCard story={published()} slug="paseka" />);
    const link = screen.getByRole("link");
    expect(link.textContent).toBe("Как мы качаем мёд");
    expect(link.getAttribute("href")).toBe("/organizations/paseka/stories/s1");
    expect(screen.getByRole("heading", { level: 3 }).contains(link)).toBe(true);
  });

  it("shows what was found in it rather than how it begins", () => {
    const { container } = show(
      <StoryCard story={{ ...published(), snippet: "…пчёлы сонные" }} slug="paseka" />,
    );
    expect(container.textContent).toContain("…пчёлы сонные");
    expect(container.textContent).not.toContain("Рано утром");
  });

  it("shows what is written as text, whatever it looks like", () => {
    const attack = "<img src=x onerror=alert(1)>";
    const { container } = show(<StoryCard story={published({ title: attack })} slug="paseka" />);
    expect(container.querySelector("img")).toBeNull();
    expect(container.textContent).toContain(attack);
  });

  it("has no day before it is published", () => {
    const { container } = show(<StoryCard story={published({ published_at: null })} slug="paseka" />);
    expect(container.querySelector("time")).toBeNull();
  });
});
