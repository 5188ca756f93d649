import { clsx } from "clsx";
import { useState } from "react";
import { billingTexts } from "../../i18n/billing";
import { useTexts } from "../../i18n/dictionary";
import { daysUntil, useFormats } from "../../i18n/format";
import { statusTexts } from "../../i18n/status";

/** From when a period runs to what ends it, and where today stands on the way. */
export function PeriodLine({
  from,
  to,
  begun,
  ends,
  tries = [],
  isBad = false,
  timeZone,
}: {
  from: string;
  to: string;
  /** What happened at its beginning, and what will at its end. */
  begun: string;
  ends: string;
  /** When a charge is tried again on the way. */
  tries?: readonly string[];
  /** It runs towards a loss. */
  isBad?: boolean;
  timeZone: string;
}) {
  const t = useTexts(billingTexts).state.line;
  const s = useTexts(statusTexts);
  const { date, shortDate } = useFormats(timeZone);
  const [now] = useState(() => Date.now());
  const [start, end] = [Date.parse(from), Date.parse(to)];
  const place = (at: number) => Math.min(100, Math.max(0, ((at - start) / (end - start)) * 100));
  const today = place(now);
  const left = s.daysLeft(daysUntil(to, timeZone));
  return (
    <div role="img" aria-label={t.said(date(from), date(to), left)} className="flex flex-col gap-1.5 text-sm">
      <div className="relative h-5">
        {/* Shifted by the same share of itself: it stands over today and never over an edge. */}
        <span
          className="absolute whitespace-nowrap"
          style={{ left: `${today}%`, transform: `translateX(-${today}%)` }}
        >
          {t.today(left)}
        </span>
      </div>
      <div className="relative h-3 rounded-full bg-sunken ring-1 ring-line ring-inset">
        <span
          className={clsx("absolute inset-y-0 left-0 min-w-3 rounded-full", isBad ? "bg-bad" : "bg-ink")}
          style={{ width: `${today}%` }}
        />
        {tries
          .map((at) => place(Date.parse(at)))
          .filter((at) => at > today)
          .map((at) => (
            <span key={at} className="absolute -inset-y-0.5 w-0.5 bg-ink" style={{ left: `${at}%` }} />
          ))}
        <span
          className={clsx(
            "absolute -inset-y-1 right-0 w-5 rounded-full border-4 bg-raised",
            isBad ? "border-bad" : "border-ink",
          )}
        />
      </div>
      <div className="flex justify-between gap-4 text-muted">
        <span>
          {shortDate(from)}
          <span className="block">{begun}</span>
        </span>
        <span className="text-right">
          {shortDate(to)}
          <span className="block">{ends}</span>
        </span>
      </div>
    </div>
  );
}
