import { screen } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { StatusLevel, Stretch } from "../api/statuses";
import { plain, show } from "../test/show";
import { LevelRuler, monthMarks } from "./LevelRuler";

const now = new Date("2027-03-12T12:00:00Z");
const ago = (days: number) => new Date(now.getTime() - days * 86_400_000).toISOString();

beforeEach(() => {
  vi.useFakeTimers({ now, toFake: ["Date"] });
  return () => vi.useRealTimers();
});

describe("the ruler", () => {
  it("says since when a level is held, and until when one was, highest first", () => {
    show(
      <LevelRuler
        stretches={[
          { level: "A", from: ago(40), to: null },
          { level: "0", from: ago(54), to: ago(40) },
        ]}
      />,
    );
    const rows = screen.getAllByRole("listitem").map((row) => plain(row.textContent));
    expect(rows).toEqual(["A оплаченос 31 января 2027", "0 испытательный срокдо 31 января 2027"]);
  });

  it("draws a bar for each stretch that is on the ruler", () => {
    const { container } = show(
      <LevelRuler
        stretches={[
          { level: "B", from: ago(900), to: ago(800) }, // before its left end
          { level: "B", from: ago(400), to: ago(200) },
          { level: "B", from: ago(90), to: null },
        ]}
      />,
    );
    const [first, second, ...more] = [...container.querySelectorAll<HTMLElement>("li [style]:not(.hatched)")];
    expect(more).toHaveLength(0);
    expect(parseFloat(first?.style.width ?? "")).toBeGreaterThan(parseFloat(second?.style.width ?? ""));
  });

  it("hatches the time since a level was lost, and between two times it was held", () => {
    const stretches: Stretch[] = [
      { level: "B", from: ago(300), to: ago(250) },
      { level: "B", from: ago(200), to: ago(100) },
      { level: "0", from: ago(320), to: ago(300) },
    ];
    const hatched = (lost: { level: StatusLevel }[]) =>
      show(<LevelRuler stretches={stretches} lost={lost} />).container.querySelectorAll(".hatched").length;
    expect(hatched([])).toBe(1);
    expect(hatched([{ level: "B" }])).toBe(2); // 0 gave way to a higher level: nothing was lost
  });

  it("says nothing in the first weeks: a dot tells less than the date", () => {
    const { container } = show(<LevelRuler stretches={[{ level: "A", from: ago(29), to: null }]} />);
    expect(container.innerHTML).toBe("");
  });

  it.each([
    [60, 3],
    [300, 4],
  ])("has marks for %i days: %i", (days, count) => {
    expect(monthMarks([{ level: "A", from: ago(days), to: null }], now)).toHaveLength(count);
  });
});
