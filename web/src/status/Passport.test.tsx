import { renderHook, screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { HeldLevel, OrganizationStatus, StatusLevel } from "../api/statuses";
import { show } from "../test/show";
import { useIsNewPayment } from "./grants";
import { Passport } from "./Passport";

const held = (level: StatusLevel, since: string): HeldLevel => ({
  level,
  kind: "paid",
  since,
  valid_until: null,
});
const status = (...levels: HeldLevel[]): OrganizationStatus => ({
  level: levels[0]?.level ?? null,
  levels,
  lost: [],
  stretches: [],
  first_level_at: null,
  verified: false,
  verdict: levels.length
    ? [{ sentence: "held", levels: levels.map(({ level }) => level), unchecked: true }]
    : [{ sentence: "never" }],
});
const isStamped = (shown: OrganizationStatus) => {
  const { container, unmount } = show(<Passport status={shown} />);
  const is = container.querySelector("svg")?.classList.contains("motion-safe:animate-stamp");
  unmount();
  return is;
};

describe("the passport", () => {
  const a = held("A", "2027-01-01T00:00:00Z");

  it("stamps a seal the first time its grant is seen, and never again", () => {
    expect(isStamped(status(a))).toBe(true);
    expect(isStamped(status(a))).toBe(false);
    expect(isStamped(status(held("B", "2027-02-01T00:00:00Z"), a))).toBe(true);
    expect(isStamped(status(held("A", "2027-05-01T00:00:00Z")))).toBe(true); // lost, and granted anew
    expect(isStamped(status(a))).toBe(false);
  });

  it("stamps one that is granted while it is looked at", () => {
    const { container, rerender } = show(<Passport status={status()} />);
    const seal = () => container.querySelector("svg")?.classList;
    expect(seal()).not.toContain("motion-safe:animate-stamp");
    rerender(<Passport status={status(a)} />);
    expect(seal()).toContain("motion-safe:animate-stamp");
  });

  it("stamps a level that was paid for with its payment, and not again with its grant", () => {
    const { result } = renderHook(() => useIsNewPayment("A", "0194"));
    expect(result.current).toBe(true);
    expect(renderHook(() => useIsNewPayment("A", "0194")).result.current).toBe(false);
    expect(isStamped(status(held("A", "2027-03-01T00:00:00Z")))).toBe(false);
    expect(isStamped(status(held("A", "2027-06-01T00:00:00Z")))).toBe(true);
    expect(isStamped(status(held("B", "2027-06-01T00:00:00Z")))).toBe(true);
  });

  it("says the verdict in words beside it", () => {
    show(<Passport status={status(a)} />);
    expect(screen.getByText(/^Держит статус A/)).toBeTruthy();
  });
});
