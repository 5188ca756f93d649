import { expect, it } from "vitest";
import { typedKopecks } from "./kopecks";
import { dayMistake, termEnd } from "./term";

const now = new Date("2026-08-31T20:00:00Z");

it.each([
  ["none", "", null],
  ["3", "", "2026-11-30T23:59:59+03:00"],
  ["6", "", "2027-02-28T23:59:59+03:00"],
  ["12", "", "2027-08-31T23:59:59+03:00"],
  ["date", "2026-09-01", "2026-09-01T23:59:59+03:00"],
  ["date", "2026-08-30", null],
] as const)("a term of %s %s ends %s", (term, day, end) => {
  expect(termEnd(term, day, now)).toBe(end);
});

it("says what is wrong with the day", () => {
  expect(dayMistake("date", "", now)).toBe("required");
  expect(dayMistake("date", "2026-08-31", now)).toBeUndefined();
  expect(dayMistake("date", "2026-08-30", now)).toBe("in_the_past");
});

it.each([
  ["1 490,50", 149_050],
  ["1490.5 ₽", 149_050],
  ["0,1", 10],
  ["-1", undefined],
  ["1.234", undefined],
  ["", undefined],
])("%j is %s kopecks", (typed, kopecks) => {
  expect(typedKopecks(typed)).toBe(kopecks);
});
