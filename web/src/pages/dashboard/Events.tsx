import { Link } from "react-router";
import type { OverviewEvent } from "../../api/overview";
import { useOrganization } from "../../shared/organization";
import { Card } from "../../design/Page";
import { DateTime } from "../../design/Values";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { overviewTexts } from "../../i18n/overview";
import { statusTexts } from "../../i18n/status";

/** What happened last, each with the page that tells more. */
export function Events({ events }: { events: readonly OverviewEvent[] }) {
  const t = useTexts(overviewTexts).events;
  const { timeZone } = useOrganization();
  const told = useTold();
  return (
    <Card className="flex flex-col gap-3">
      <h2 className="text-xl">{t.title}</h2>
      {events.length === 0 ? (
        <p className="measure text-muted">{t.none}</p>
      ) : (
        <ol className="flex flex-col">
          {events.map((event) => {
            const { text, to } = told(event);
            return (
              <li
                key={`${event.at} ${event.kind} ${text}`}
                className="flex flex-col gap-x-6 border-t border-line py-2.5 first:border-t-0 sm:flex-row sm:justify-between"
              >
                <Link to={to} className="inline-block min-h-6 min-w-0 wrap-anywhere hover:underline">
                  {text}
                </Link>
                <span className="shrink-0 text-sm text-muted">
                  <DateTime at={event.at} show="date" timeZone={timeZone} />
                </span>
              </li>
            );
          })}
        </ol>
      )}
    </Card>
  );
}

function useTold() {
  const t = useTexts(overviewTexts).events.kind;
  const s = useTexts(statusTexts);
  const { money } = useFormats();
  return (event: OverviewEvent): { text: string; to: string } => {
    switch (event.kind) {
      case "level_granted":
        return {
          text: s.history.granted(event.level, s.name[event.level]),
          to: "/dashboard/organization/status",
        };
      case "level_revoked":
        return { text: s.history.revoked(event.level), to: "/dashboard/organization/status" };
      case "level_expired":
        return { text: s.history.expired(event.level), to: "/dashboard/organization/status" };
      case "payment_succeeded":
      case "payment_declined":
      case "payment_refunded":
        return { text: t[event.kind](money(event.amount, event.currency)), to: "/dashboard/billing" };
      case "story_approved":
      case "story_rejected":
        return { text: t[event.kind](event.title), to: `/dashboard/producer/stories/${event.story_id}/edit` };
      default:
        return { text: t[event.kind](event.level), to: "/dashboard/organization/status" };
    }
  };
}
