import { useQuery, type UseQueryOptions } from "@tanstack/react-query";
import type { Chart } from "chart.js";
import { clsx } from "clsx";
import { useEffect, useRef, useState } from "react";
import { qrPeriods, type QrBucket, type QrPeriod } from "../../api/qr";
import { Button } from "../../design/Button";
import { Loaded, Skeleton } from "../../design/States";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { qrTexts } from "../../i18n/qr";

const numbers = ["hits", "scans", "unique_visitors"] as const;
const colours = { hits: "text-muted", scans: "text-accent", unique_visitors: "text-info" } as const;

/** Scans over time, as a chart or as a table of the same numbers. Chart.js is loaded when the first chart is drawn. */
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
  const { count } = useFormats();
  const [isTable, setIsTable] = useState(false);
  const buckets = useQuery({ ...timeline, placeholderData: (before: QrBucket[] | undefined) => before });
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <PeriodSelector period={period} onPeriod={onPeriod} />
        <Button size="small" variant="quiet" aria-pressed={isTable} onClick={() => setIsTable(!isTable)}>
          {isTable ? t.chart : t.table}
        </Button>
      </div>
      <Loaded query={buckets} skeleton={<Skeleton className="h-72 w-full" />}>
        {(list) => (
          <>
            <dl className="flex flex-wrap gap-x-8 gap-y-2">
              {numbers.map((name) => (
                <div key={name}>
                  <dt className="text-sm text-muted">{texts.numbers[name]}</dt>
                  <dd className={clsx("text-xl font-semibold tabular-nums", colours[name])}>
                    {count(total(list, name))}
                  </dd>
                </div>
              ))}
            </dl>
            {total(list, "hits") === 0 ? (
              <p className="text-muted">{t.empty}</p>
            ) : isTable ? (
              <Buckets list={list} period={period} timeZone={timeZone} />
            ) : (
              <Drawing list={list} period={period} timeZone={timeZone} />
            )}
          </>
        )}
      </Loaded>
    </div>
  );
}

export function PeriodSelector({
  period,
  onPeriod,
}: {
  period: QrPeriod;
  onPeriod: (period: QrPeriod) => void;
}) {
  const t = useTexts(qrTexts).chart;
  return (
    <div role="group" aria-label={t.period} className="flex flex-wrap gap-2">
      {qrPeriods.map((one) => (
        <Button
          key={one}
          size="small"
          variant={one === period ? "primary" : "secondary"}
          aria-pressed={one === period}
          onClick={() => onPeriod(one)}
        >
          {t.periods[one]}
        </Button>
      ))}
    </div>
  );
}

const total = (list: readonly QrBucket[], name: (typeof numbers)[number]) =>
  list.reduce((sum, bucket) => sum + bucket[name], 0);

function useBucketName(period: QrPeriod, timeZone: string) {
  const { date, dateTime } = useFormats(timeZone);
  return ({ bucket }: QrBucket) => (period === "7d" ? dateTime(bucket) : date(bucket));
}

/** Only buckets in which something is: hours of a week are a hundred and sixty. */
function Buckets({
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
  return (
    <div className="max-h-96 overflow-auto">
      <table className="w-full border-collapse">
        <caption className="sr-only">{texts.code.scans}</caption>
        <thead>
          <tr className="border-b border-line text-sm text-muted">
            <th scope="col" className="py-2 pr-3 text-left font-medium">
              {texts.chart.when}
            </th>
            {numbers.map((name) => (
              <th key={name} scope="col" className="py-2 pl-3 text-right font-medium">
                {texts.numbers[name]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {list
            .filter(({ hits }) => hits > 0)
            .toReversed()
            .map((bucket) => (
              <tr key={bucket.bucket} className="border-b border-line">
                <th scope="row" className="py-2 pr-3 text-left font-normal">
                  {nameOf(bucket)}
                </th>
                {numbers.map((name) => (
                  <td key={name} className="py-2 pl-3 text-right tabular-nums">
                    {count(bucket[name])}
                  </td>
                ))}
              </tr>
            ))}
        </tbody>
      </table>
    </div>
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
  const canvas = useRef<HTMLCanvasElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const labels = list.map(nameOf);

  useEffect(() => {
    let chart: Chart | undefined;
    let isGone = false;
    void import("./chart").then(({ draw }) => {
      if (isGone || !canvas.current || !frame.current) return;
      chart = draw(canvas.current, {
        labels,
        line: colourOf(frame.current, "text-line"),
        ink: colourOf(frame.current, "text-muted"),
        series: numbers.map((name) => ({
          name: texts.numbers[name],
          values: list.map((bucket) => bucket[name]),
          colour: frame.current ? colourOf(frame.current, colours[name]) : "",
        })),
      });
      canvas.current.dataset.drawn = "true";
    });
    return () => {
      isGone = true;
      chart?.destroy();
    };
    // What is drawn follows from the buckets and the words.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [list, texts]);

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
