import { describe, expect, it } from "vitest";
import { plain } from "../test/show";
import { plural } from "./dictionary";
import { daysUntil, formats } from "./format";

const ru = formats({ language: "ru", timeZone: "Europe/Moscow" });
const en = formats({ language: "en", timeZone: "Europe/Moscow" });

describe("money", () => {
  it.each([
    ["1490.00", "1 490 ₽", "₽1,490"],
    ["13906.67", "13 906,67 ₽", "₽13,906.67"],
    ["1.00", "1 ₽", "₽1"],
    ["9007199254740993.10", "9 007 199 254 740 993,10 ₽", "₽9,007,199,254,740,993.10"], // beyond a float
  ])("%s", (amount, russian, english) => {
    expect(plain(ru.money(amount))).toBe(russian);
    expect(plain(en.money(amount))).toBe(english);
  });
});

describe("dates", () => {
  it("are told by the given zone's calendar", () => {
    const at = "2026-12-31T21:30:00Z";
    expect(plain(ru.date(at))).toBe("1 января 2027");
    expect(plain(formats({ language: "ru", timeZone: "Europe/Kaliningrad" }).date(at))).toBe(
      "31 декабря 2026",
    );
    expect(plain(en.date(at))).toBe("1 January 2027");
    expect(plain(ru.dateTime(at))).toBe("1 января 2027, 00:30");
    expect(plain(ru.shortDate(at))).toBe("1 января");
  });

  it.each([
    ["2027-03-12T20:59:00Z", 0],
    ["2027-03-12T21:01:00Z", 1], // past midnight in Moscow
    ["2027-03-11T20:00:00Z", -1],
    ["2027-04-12T12:00:00Z", 31],
  ])("days until %s: %i", (at, days) => {
    expect(daysUntil(at, "Europe/Moscow", new Date("2027-03-12T12:00:00Z"))).toBe(days);
  });

  it("count days by the calendar where the clock is changed", () => {
    expect(daysUntil("2027-03-29T10:00:00Z", "Europe/Berlin", new Date("2027-03-27T10:00:00Z"))).toBe(2);
  });
});

describe("counts", () => {
  it.each([
    [0, "дней"],
    [1, "день"],
    [2, "дня"],
    [5, "дней"],
    [11, "дней"],
    [21, "день"],
    [112, "дней"],
    [1.5, "дня"],
  ])("%d", (count, word) => {
    expect(plural.ru(count, "день", "дня", "дней")).toBe(word);
  });

  it("has two forms in English", () => {
    expect([0, 1, 2].map((count) => plural.en(count, "day", "days"))).toEqual(["days", "day", "days"]);
  });
});

it("writes sizes and shares", () => {
  expect(plain(ru.fileSize(340_000))).toBe("340 кБ");
  expect(plain(ru.fileSize(1_240_000))).toBe("1,2 МБ");
  expect(plain(ru.percent(0.41))).toBe("41 %");
});
