import { clsx } from "clsx";
import { useState } from "react";
import type { LostLevel, StatusLevel, Stretch } from "../api/statuses";
import { useTexts } from "../i18n/dictionary";
import { useFormats } from "../i18n/format";
import { statusTexts } from "../i18n/status";

const looks: Record<StatusLevel, string> = { C: "bg-honey", B: "bg-info", A: "bg-ink", "0": "bg-muted" };
const order: readonly StatusLevel[] = ["C", "B", "A", "0"];

/**
 * The levels on a ruler of months: since when each is held, and the gaps. What the bars show is said in words
 * beside them, so the ruler itself is for the eye only.
 */
export function LevelRuler({
  stretches,
  lost = [],
  timeZone,
}: {
  stretches: readonly Stretch[];
  /** The levels that were lost: from then on their bars are hatched. */
  lost?: readonly Pick<LostLevel, "level">[];
  timeZone?: string;
}) {
  const t = useTexts(statusTexts);
  const { date, month } = useFormats(timeZone);
  const [now] = useState(() => new Date());
  const levels = order.filter((level) => stretches.some((stretch) => stretch.level === level));
  // On a ruler of months the first weeks are a dot: the dates say it better.
  const isTold = stretches.some(({ from }) => now.getTime() - Date.parse(from) > 30 * 86_400_000);
  if (levels.length === 0 || !isTold) return null;

  const marks = monthMarks(stretches, now);
  const place = (moment: string | Date) => {
    const [start, end] = [marks[0]?.getTime() ?? 0, now.getTime()];
    return Math.min(100, Math.max(0, ((new Date(moment).getTime() - start) / (end - start)) * 100));
  };

  return (
    <div className="flex flex-col gap-4">
      <ul className="flex flex-col gap-4">
        {levels.map((level) => {
          const held = stretches.filter((stretch) => stretch.level === level);
          const last = held.at(-1);
          const isLost = lost.some((one) => one.level === level);
          return (
            <li key={level} className="flex flex-col gap-1.5">
              <div className="flex items-baseline justify-between gap-3">
                <span className="min-w-0">
                  <strong className="font-semibold">{level}</strong> {t.ruler.what[level]}
                </span>
                <span className="text-sm whitespace-nowrap text-muted">
                  {last && (last.to ? t.until(date(last.to)) : t.since(date(last.from)))}
                </span>
              </div>
              <div aria-hidden className="relative h-3 rounded-full bg-sunken">
                {[
                  ...gaps(held, isLost).map((gap) => ({ ...gap, look: "hatched" })),
                  ...held.map((stretch) => ({ ...stretch, look: looks[level] })),
                ]
                  .filter(({ to }) => place(to ?? now) > 0)
                  .map(({ look, ...stretch }) => (
                    <Bar key={stretch.from} stretch={stretch} place={place} look={look} />
                  ))}
              </div>
            </li>
          );
        })}
      </ul>
      <div aria-hidden className="relative h-7 text-sm text-muted">
        {marks.map((mark, index) => (
          <span
            key={mark.toISOString()}
            className={clsx(
              "absolute flex flex-col",
              index === 0 ? "items-start" : "-translate-x-1/2 items-center",
            )}
            style={{ left: `${place(mark)}%` }}
          >
            <span className="h-1.5 w-px bg-edge" />
            {month(mark)}
          </span>
        ))}
        <span className="absolute right-0 flex flex-col items-end">
          <span className="h-1.5 w-px bg-edge" />
          {t.ruler.today}
        </span>
      </div>
    </div>
  );
}

/** When it was not held: between its stretches, and since the last one where it is lost. */
function gaps(held: readonly Stretch[], isLost: boolean): Stretch[] {
  const inOrder = held.toSorted((a, b) => a.from.localeCompare(b.from));
  return inOrder.flatMap(({ level, to }, index) => {
    const next = inOrder[index + 1];
    return to && (next ?? isLost) ? [{ level, from: to, to: next?.from ?? null }] : [];
  });
}

function Bar({
  stretch,
  place,
  look,
}: {
  stretch: Stretch;
  place: (moment: string) => number;
  look: string;
}) {
  const left = place(stretch.from);
  const width = (stretch.to ? place(stretch.to) : 100) - left;
  return (
    <span
      // A day must be seen too: never thinner than the bar is high, and never over the edge.
      className={clsx("absolute inset-y-0 min-w-2 origin-left rounded-full motion-safe:animate-draw", look)}
      style={{ left: `min(${left}%, 100% - 0.5rem)`, width: `${width}%` }}
    />
  );
}

/** The months marked on the ruler, the first at its left end: a quarter for the young, else a year. */
export function monthMarks(stretches: readonly Stretch[], now: Date): Date[] {
  const monthsAgo = (count: number) => new Date(now.getFullYear(), now.getMonth() - count, 1);
  const isYoung = stretches.every(({ from }) => new Date(from) >= monthsAgo(3));
  return (isYoung ? [3, 2, 1] : [12, 9, 6, 3]).map(monthsAgo);
}
