import { adminPaymentTexts } from "../../i18n/adminPayments";
import { useTexts } from "../../i18n/dictionary";

/** What came over the wire, behind a fold: JSON as it is, or the text that was sent. */
export function Raw({ value, title }: { value: unknown; title?: string }) {
  const t = useTexts(adminPaymentTexts).one;
  return (
    <details className="min-w-0">
      <summary className="inline-block min-h-6 text-sm text-accent">{title ?? t.detail}</summary>
      <pre className="mt-1 rounded-md bg-sunken p-3 font-mono text-sm break-all whitespace-pre-wrap">
        {pretty(value)}
      </pre>
    </details>
  );
}

function pretty(value: unknown): string {
  if (typeof value !== "string") return JSON.stringify(value, null, 2);
  try {
    return JSON.stringify(JSON.parse(value), null, 2);
  } catch {
    return value;
  }
}
