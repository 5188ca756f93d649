import { useQuery, type UseQueryOptions } from "@tanstack/react-query";
import type { Chart } from "chart.js";
import { clsx } from "clsx";
import { useEffect, useRef, useState } from "react";
import type { QrBucket, QrPeriod } from "../../api/qr";
import { Button } from "../../design/Button";
import { Loaded, Skeleton } from "../../design/States";
import { useIsDark } from "../../design/theme";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { qrTexts } from "../../i18n/qr";
import { PeriodSelector } from "./PeriodSelector";
import { colours, numbers, total, useBucketName } from "./timeline";
import { TimelineTable } from "./TimelineTable";

/** Scans over time, as a chart or as a table of the same numbers. Chart.js is loaded when the first chart comes into view. */
export function QRTimelineChart({
  timeline,
  timeZone,
  period,
  onPeriod,
}: {
  // The key of a query is its own matter.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  timeline: UseQueryOptions<QrBucket[], Error, QrBucket[], any>;
  timeZone: string;
  period: QrPeriod;
  onPeriod: (period: QrPeriod) => void;
}) {
  const texts = useTexts(qrTexts);
  const t = texts.chart;
  const [isTable, setIsTable] = useState(false);
  const buckets = useQuery({ ...timeline, placeholderData: (before: QrBucket[] | undefined) => before });
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <PeriodSelector period={period} onPeriod={onPeriod} />
        <Button size="small" variant="quiet" onClick={() => setIsTable(!isTable)}>
          {isTable ? t.chart : t.table}
        </Button>
      </div>
      <Loaded
        query={buckets}
        skeleton={
          <div className="flex flex-col gap-4">
            <Skeleton className="h-12 w-64" />
            <Skeleton className="h-72 w-full" />
          </div>
        }
      >
        {(list) => (
          <>
            <Totals list={list} />
            {total(list, "hits") === 0 ? (
              <p className="text-muted">{t.empty}</p>
            ) : isTable ? (
              <TimelineTable list={list} period={period} timeZone={timeZone} />
            ) : (
              <Drawing list={list} period={period} timeZone={timeZone} />
            )}
          </>
        )}
      </Loaded>
    </div>
  );
}

/** The sums of the period; their colours are the lines'. */
function Totals({ list }: { list: readonly QrBucket[] }) {
  const texts = useTexts(qrTexts);
  const { count } = useFormats();
  return (
    <dl className="flex flex-wrap gap-x-6 gap-y-2">
      {numbers.map((name) => (
        <div key={name}>
          <dt className="text-sm text-muted">{texts.numbers[name]}</dt>
          <dd className={clsx("w-fit border-b-2 border-current text-xl font-semibold", colours[name])}>
            {count(total(list, name))}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Drawing({
  list,
  period,
  timeZone,
}: {
  list: readonly QrBucket[];
  period: QrPeriod;
  timeZone: string;
}) {
  const texts = useTexts(qrTexts);
  const { count } = useFormats();
  const nameOf = useBucketName(period, timeZone);
  const isDark = useIsDark();
  const canvas = useRef<HTMLCanvasElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const labels = list.map(nameOf);

  useEffect(() => {
    let chart: Chart | undefined;
    let isGone = false;
    const place = frame.current;
    const show = async () => {
      const { draw } = await import("./chart");
      if (isGone || !canvas.current || !place) return;
      chart = draw(canvas.current, {
        labels,
        line: colourOf(place, "text-line"),
        ink: colourOf(place, "text-muted"),
        font: getComputedStyle(place).fontFamily,
        series: numbers.map((name) => ({
          name: texts.numbers[name],
          values: list.map((bucket) => bucket[name]),
          colour: colourOf(place, colours[name]),
        })),
      });
      canvas.current.dataset.drawn = "true";
    };
    // Below the fold of a phone nobody waits for it.
    const seen = new IntersectionObserver((entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      seen.disconnect();
      void show();
    });
    if (place) seen.observe(place);
    return () => {
      isGone = true;
      seen.disconnect();
      chart?.destroy();
    };
    // What is drawn follows from the buckets, the words and the theme.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [list, texts, isDark]);

  return (
    <div
      ref={frame}
      role="img"
      aria-label={texts.chart.label(texts.chart.periods[period], count(total(list, "scans")))}
      className="relative h-72 w-full"
    >
      <canvas ref={canvas} aria-hidden />
    </div>
  );
}

/** A colour of the design as it is now, by day or night: a canvas knows no classes. */
function colourOf(place: HTMLElement, className: string): string {
  const probe = document.createElement("span");
  probe.className = className;
  place.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
