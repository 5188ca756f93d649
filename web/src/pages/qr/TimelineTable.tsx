import type { QrBucket, QrPeriod } from "../../api/qr";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { qrTexts } from "../../i18n/qr";
import { numbers, useBucketName } from "./timeline";

/**
 * The chart's numbers, the newest first. Only buckets in which something is: the hours of a week are 168. On a phone it stays a
 * table, with shorter headings: thirty days as cards would be a yard of them.
 */
export function TimelineTable({
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
    <table className="w-full border-collapse">
      <caption className="sr-only">{texts.code.scans}</caption>
      <thead>
        <tr className="border-b border-line text-sm text-muted">
          <th scope="col" className="py-2 pr-3 text-left font-medium">
            {texts.chart.when}
          </th>
          {numbers.map((name) => (
            <th key={name} scope="col" className="py-2 pl-3 text-right font-medium">
              <span className="max-sm:sr-only">{texts.numbers[name]}</span>
              <span aria-hidden className="sm:hidden">
                {texts.shortNumbers[name]}
              </span>
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
  );
}
