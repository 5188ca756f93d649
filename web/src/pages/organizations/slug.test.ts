import { expect, it } from "vitest";
import { cleanSlug, proposeSlug } from "./slug";

it.each([
  ["ООО „Мёд и травы“", "med-i-travy"],
  ["ИП Щукин", "shchukin"],
  ["Café Été", "cafe-ete"],
  ["  --Пасека №1--  ", "paseka-1"],
  ["АО", "ao"], // no name behind it
  ["Объезд", "obezd"],
  ["…", ""],
])("%s is proposed as %j", (name, slug) => {
  expect(proposeSlug(name)).toBe(slug);
});

it("is never longer than the database takes, and ends in a letter", () => {
  const slug = proposeSlug("очень длинное название ".repeat(9));
  expect(slug.length).toBeLessThanOrEqual(50);
  expect(slug).toMatch(/^[a-z0-9].*[a-z0-9]$/);
});

it("lets a dash stand while it is typed", () => {
  expect(cleanSlug("Мёд И ")).toBe("med-i-");
  expect(cleanSlug("a_b")).toBe("a-b");
});
