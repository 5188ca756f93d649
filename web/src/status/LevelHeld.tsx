import type { HeldLevel } from "../api/statuses";
import { DateTime } from "../design/Values";
import { useTexts } from "../i18n/dictionary";
import { daysUntil } from "../i18n/format";
import { statusTexts } from "../i18n/status";
import { Seal } from "./Seal";

/**
 * One level that is held: what it means, how it is held, since when, until when. `ends` is the day the team
 * knows of (the trial's, the grace period's) while the level itself has none.
 */
export function LevelHeld({
  held,
  ends,
  timeZone,
  size = 56,
  headingLevel = 3,
}: {
  held: HeldLevel;
  ends?: string | null | undefined;
  timeZone?: string | undefined;
  size?: number;
  headingLevel?: 3 | 4;
}) {
  const Heading = `h${headingLevel}` as const;
  const t = useTexts(statusTexts);
  const until = held.valid_until ?? ends;
  const zone = timeZone ? { timeZone } : {};
  return (
    <div className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-2 sm:gap-x-5">
      <div className="sm:row-span-2">
        <Seal face={{ level: held.level }} size={size} />
      </div>
      <div className="flex min-w-0 flex-col gap-2">
        <div>
          <p className="text-sm text-muted">{t.status(held.level)}</p>
          <Heading className="text-lg font-semibold">{t.name[held.level]}</Heading>
        </div>
        <p className="measure">{t.meaning[held.level]}</p>
      </div>
      <dl className="col-span-2 grid grid-cols-[max-content_1fr] gap-x-4 gap-y-1 text-sm sm:col-span-1 sm:col-start-2">
        <dt className="text-muted">{t.howLabel}</dt>
        <dd>{t.how[held.kind]}</dd>
        <dt className="text-muted">{t.sinceLabel}</dt>
        <dd>
          <DateTime at={held.since} show="date" {...zone} />
        </dd>
        <dt className="text-muted">{until ? t.untilLabel : t.termLabel}</dt>
        <dd>
          {until ? (
            <>
              <DateTime at={until} show="date" {...zone} />
              {timeZone && <span className="text-muted">, {t.daysLeft(daysUntil(until, timeZone))}</span>}
            </>
          ) : (
            t.endless[held.kind]
          )}
        </dd>
      </dl>
    </div>
  );
}
