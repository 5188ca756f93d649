/** An invented producer's year: what the home page shows as an example, drawn by the app and without JavaScript alike. */

const year = { from: "2025-11-01", to: "2026-11-01" };

/** The months marked on its ruler. */
export const marks = ["2025-11-01", "2026-02-01", "2026-05-01", "2026-08-01", "2026-11-01"];
export const lost = { from: "2026-05-12", to: "2026-06-09" };

export type Stretch = { from: string; to?: string };

/** From which day to which each level was held; the last stretch runs on. */
export const held = [
  { level: "C", stretches: [{ from: "2026-03-09", to: lost.from }, { from: lost.to }] },
  { level: "B", stretches: [{ from: "2026-02-03" }] },
  { level: "A", stretches: [{ from: "2025-11-14" }] },
] satisfies { level: "A" | "B" | "C"; stretches: Stretch[] }[];

export const since = (stretches: readonly Stretch[]) => stretches[stretches.length - 1]?.from ?? year.from;

/** Where a day stands on the ruler, in percent. */
export function place(day: string): number {
  const [start, end] = [Date.parse(year.from), Date.parse(year.to)];
  return ((Date.parse(day) - start) / (end - start)) * 100;
}

/** Where a stretch begins, and how long it is, in percent. */
export function span({ from, to }: Stretch): { left: number; width: number } {
  const left = place(from);
  return { left, width: (to === undefined ? 100 : place(to)) - left };
}
