import { describe, expect, it } from "vitest";
import { instantOf, localTime } from "./schedule";

describe("a moment in the organization's zone", () => {
  it.each([
    ["2027-03-12T10:00", "Europe/Moscow", "2027-03-12T07:00:00.000Z"],
    ["2027-03-12T10:00", "Asia/Vladivostok", "2027-03-12T00:00:00.000Z"],
    ["2026-10-25T12:00", "Europe/Berlin", "2026-10-25T11:00:00.000Z"],
    ["2026-07-01T00:30", "America/New_York", "2026-07-01T04:30:00.000Z"],
  ])("%s in %s is %s, and back", (local, zone, instant) => {
    expect(instantOf(local, zone)).toBe(instant);
    expect(localTime(instant, zone)).toBe(local);
  });

  it("has no hour that a night leaves out", () => {
    const instant = instantOf("2026-03-29T02:30", "Europe/Berlin");
    expect(["2026-03-29T01:30", "2026-03-29T03:30"]).toContain(localTime(instant, "Europe/Berlin"));
  });

  it("is empty where nothing is said", () => {
    expect(instantOf("", "Europe/Moscow")).toBeNull();
    expect(instantOf("tomorrow", "Europe/Moscow")).toBeNull();
    expect(localTime(null, "Europe/Moscow")).toBe("");
  });
});
