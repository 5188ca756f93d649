import type { RequestStep } from "../../api/upgradeRequests";
import { DateTime } from "../../design/Values";
import { useTexts } from "../../i18n/dictionary";
import { upgradeTexts } from "../../i18n/upgrade";
import { EvidenceFiles } from "./EvidenceFiles";

/** What both sides said about a request, in its order. `isOurs`: read by a moderator. */
export function RequestSteps({
  steps,
  isOurs = false,
  timeZone,
}: {
  steps: readonly RequestStep[];
  isOurs?: boolean;
  timeZone: string;
}) {
  const t = useTexts(upgradeTexts).step;
  return (
    <ol className="flex flex-col gap-5">
      {steps.map(({ id, action, message, evidence_paths, occurred_at }) => (
        <li key={id} className="flex flex-col gap-1.5 border-l-2 border-line pl-4">
          <p className="flex flex-wrap items-baseline gap-x-3">
            <span className="font-medium">{(isOurs ? t.ours : t.theirs)[action]}</span>
            <span className="text-sm text-muted">
              <DateTime at={occurred_at} timeZone={timeZone} />
            </span>
          </p>
          {message && <p className="measure wrap-anywhere whitespace-pre-line">{message}</p>}
          {evidence_paths.length > 0 && <EvidenceFiles paths={evidence_paths} />}
        </li>
      ))}
    </ol>
  );
}
