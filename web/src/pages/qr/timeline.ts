import type { QrBucket, QrPeriod, ScanNumbers } from "../../api/qr";
import { useFormats } from "../../i18n/format";

export const numbers = ["hits", "scans", "unique_visitors"] as const satisfies readonly (keyof ScanNumbers)[];

/** One hue for each number, wherever it is shown. */
export const colours = { hits: "text-muted", scans: "text-accent", unique_visitors: "text-info" } as const;

export const total = (list: readonly QrBucket[], name: keyof ScanNumbers) =>
  list.reduce((sum, bucket) => sum + bucket[name], 0);

/** The name of a bucket by the organization's calendar: an hour of a week, a day beyond. */
export function useBucketName(period: QrPeriod, timeZone: string) {
  const { shortDate, date, dateTime } = useFormats(timeZone);
  const inWords = { "7d": dateTime, "30d": shortDate, "90d": shortDate, all: date }[period];
  return ({ bucket }: QrBucket) => inWords(bucket);
}
