import type { StatusEvent } from "../api/statuses";
import { DateTime } from "../design/Values";
import { useTexts } from "../i18n/dictionary";
import { useFormats, type Formats } from "../i18n/format";
import { statusTexts } from "../i18n/status";
import { Seal } from "./Seal";

type Texts = (typeof statusTexts)["ru"];

/** Everything that happened to the levels, newest first, in a buyer's words. */
export function StatusTimeline({ events, timeZone }: { events: readonly StatusEvent[]; timeZone?: string }) {
  const t = useTexts(statusTexts);
  const formats = useFormats(timeZone);
  if (events.length === 0) return <p className="measure text-muted">{t.history.empty}</p>;
  return (
    <ol className="flex flex-col">
      {events.map((event, index) => {
        const isLoss = event.action === "revoked" || event.action === "expired";
        const why = whyInWords(event, t);
        return (
          // The line runs from seal to seal, so that the eye reads it as one story.
          <li key={`${event.occurred_at}-${event.level}-${event.action}`} className="flex gap-4">
            <span aria-hidden className="flex flex-col items-center">
              <Seal face={{ level: event.level, lost: isLoss }} size={32} />
              {index < events.length - 1 && <span className="my-1 w-px flex-1 bg-line" />}
            </span>
            <div className="flex flex-col pb-6">
              <p className="font-medium">{inWords(event, t, formats)}</p>
              {why && <p>{t.history.why(why)}</p>}
              <p className="text-sm text-muted">
                <DateTime at={event.occurred_at} {...(timeZone ? { timeZone } : {})} />
              </p>
            </div>
          </li>
        );
      })}
    </ol>
  );
}

type NameChange = Record<"name" | "legal_name", { from: string | null; to: string | null }>;

function inWords({ level, action, valid_until, detail }: StatusEvent, t: Texts, { date }: Formats): string {
  switch (action) {
    case "granted":
      return t.history.granted(level, t.name[level]);
    case "extended":
      return valid_until ? t.history.extendedUntil(level, date(valid_until)) : t.history.extended(level);
    case "grace_started":
      return valid_until ? t.history.grace_started(level, date(valid_until)) : t.history.grace_begun(level);
    case "name_changed": {
      const { name, legal_name } = detail as NameChange;
      return [
        ...(name.from === name.to ? [] : [t.history.name_changed(name.from ?? "…", name.to ?? "…")]),
        ...(legal_name.from === legal_name.to
          ? []
          : [t.history.legal_name_changed(legal_name.from ?? "…", legal_name.to ?? "…")]),
      ].join(". ");
    }
    default:
      return t.history[action](level);
  }
}

/** A reason is either one of ours, which has a translation, or an admin's own sentence, shown as it was written. */
export function whyInWords(
  { reason, action }: { reason: string | null; action?: StatusEvent["action"] },
  t: Texts,
): string | undefined {
  if (!reason || action === "superseded" || action === "grace_started" || action === "grace_ended")
    return undefined;
  if (Object.hasOwn(t.reason, reason)) return t.reason[reason as keyof Texts["reason"]];
  return /^[a-z_]+$/.test(reason) ? undefined : reason;
}
