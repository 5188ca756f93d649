import type { OrganizationStatus } from "../api/statuses";
import { useLocale } from "../i18n/locale";
import { useIsNewGrant } from "./grants";
import { LevelRuler } from "./LevelRuler";
import { StatusBadge } from "./StatusBadge";
import { verdict } from "./verdict";

/** An organization's passport: the seal, the verdict in words, and the ruler with its dates and losses. */
export function Passport({ status, timeZone }: { status: OrganizationStatus; timeZone?: string }) {
  const locale = useLocale();
  const [best] = status.levels;
  const [lost] = status.lost;
  const zone = timeZone ? { timeZone } : {};
  const isNew = useIsNewGrant(best);
  return (
    <div className="grid grid-cols-1 items-center gap-8 lg:grid-cols-2">
      <div className="flex flex-col items-start gap-4">
        <StatusBadge
          held={best ?? null}
          lost={best ? undefined : lost}
          size={144}
          stamped={isNew}
          {...zone}
        />
        <div className="flex flex-col gap-2">
          {verdict(status.verdict, locale.language, timeZone ?? locale.timeZone).map((sentence) => (
            <p key={sentence} className="measure">
              {sentence}
            </p>
          ))}
        </div>
      </div>
      <LevelRuler stretches={status.stretches} lost={status.lost} {...zone} />
    </div>
  );
}
