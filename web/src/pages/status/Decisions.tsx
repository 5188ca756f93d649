import type { UpgradeRequest } from "../../api/upgradeRequests";
import { DateTime } from "../../design/Values";
import { useTexts } from "../../i18n/dictionary";
import { upgradeTexts } from "../../i18n/upgrade";

/** Every decision with the reviewer's comment, newest first. */
export function Decisions({ list, timeZone }: { list: readonly UpgradeRequest[]; timeZone: string }) {
  const t = useTexts(upgradeTexts);
  return (
    <details>
      <summary className="link inline-flex min-h-8 list-none items-center [&::-webkit-details-marker]:hidden">
        {t.history} ({list.length})
      </summary>
      <ol className="mt-2 flex flex-col">
        {list.map((request) => (
          <li key={request.id} className="flex flex-col gap-2 border-t border-line py-4">
            <p className="flex flex-wrap items-baseline gap-x-3">
              <span className="font-medium first-letter:uppercase">{t.state[request.status]}</span>
              <span className="text-sm text-muted">
                {t.sentOn} <DateTime at={request.created_at} timeZone={timeZone} show="date" />
                {request.reviewed_at && (
                  <>
                    {" · "}
                    {t.decidedOn} <DateTime at={request.reviewed_at} timeZone={timeZone} show="date" />
                  </>
                )}
                {" · "}
                {request.evidence_paths.length > 0
                  ? t.documents(request.evidence_paths.length)
                  : t.noDocuments}
              </span>
            </p>
            {request.review_comment && (
              <p className="measure whitespace-pre-line">{t.comment(request.review_comment)}</p>
            )}
            <p className="measure line-clamp-3 text-muted">{request.message}</p>
          </li>
        ))}
      </ol>
    </details>
  );
}
