import { expect, test } from "vitest";
import { dayEnd, dayStart } from "./days";

test.each([
  ["2027-03-12", "Europe/Moscow", "2027-03-11T21:00:00.000Z"],
  ["2027-03-12", "Asia/Kamchatka", "2027-03-11T12:00:00.000Z"],
  ["2027-03-28", "Europe/Berlin", "2027-03-27T23:00:00.000Z"],
  ["2027-03-29", "Europe/Berlin", "2027-03-28T22:00:00.000Z"],
  ["2027-02-12", "America/New_York", "2027-02-12T05:00:00.000Z"],
])("%s in %s begins at %s", (day, zone, moment) => {
  expect(dayStart(day, zone)).toBe(moment);
});

test("a day ends where the next begins, on the night clocks change as well", () => {
  expect(dayEnd("2027-03-28", "Europe/Berlin")).toBe(dayStart("2027-03-29", "Europe/Berlin"));
  expect(dayEnd("2027-12-31", "Europe/Moscow")).toBe("2027-12-31T21:00:00.000Z");
});

test.each(["", "12.03.2027", "2027-13-45", "x"])("%j is no day", (text) => {
  expect(dayStart(text, "Europe/Moscow")).toBeUndefined();
  expect(dayEnd(text, "Europe/Moscow")).toBeUndefined();
});
