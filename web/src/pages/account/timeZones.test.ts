import { expect, test } from "vitest";
import { findZones, zone } from "./timeZones";

const ids = (typed: string, language: "ru" | "en" = "ru") =>
  findZones(typed, language, "Europe/Moscow").map(({ id }) => id);

test("a zone is named in the reader's language, with its offset", () => {
  expect(zone("Europe/Moscow", "ru")).toMatchObject({ city: "Москва", offset: "UTC+3", group: "russia" });
  expect(zone("Europe/Moscow", "en")).toMatchObject({ city: "Moscow", region: "" });
  expect(zone("America/New_York", "en")).toMatchObject({ city: "New York", group: "america" });
  expect(zone("UTC", "ru").offset).toBe("UTC");
});

test("Russia comes first, from west to east, and no zone twice", () => {
  const all = findZones("", "ru", "Asia/Thimphu");
  expect(all[0]?.id).toBe("Europe/Kaliningrad");
  expect(all.findIndex(({ id }) => id === "Asia/Kamchatka")).toBeLessThan(
    all.findIndex(({ id }) => id === "Europe/Berlin"),
  );
  expect(all.map(({ id }) => id)).toContain("Asia/Thimphu"); // the one that is chosen
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
});

test("a zone is found by any of its names", () => {
  expect(ids("камчат")).toEqual(["Asia/Kamchatka"]);
  expect(ids("tbilisi")).toEqual(["Asia/Tbilisi"]);
  expect(ids("тбилиси", "en")).toEqual(["Asia/Tbilisi"]);
  expect(ids("new_york")).toEqual(["America/New_York"]);
  expect(ids("нигде")).toEqual([]);
});
