import type { ReactNode } from "react";
import type { OrganizationStatus } from "../api/statuses";
import { useLocale } from "../i18n/locale";
import { useIsNewGrant } from "./grants";
import { LevelRuler } from "./LevelRuler";
import { StatusBadge } from "./StatusBadge";
import { verdict } from "./verdict";

/**
 * An organization's passport: the seal, the verdict in words, and the ruler with its dates and losses. `children` stand below
 * the verdict and say what was lost.
 */
export function Passport({
  status,
  timeZone,
  children,
}: {
  status: OrganizationStatus;
  timeZone?: string;
  children?: ReactNode;
}) {
  const locale = useLocale();
  const [best] = status.levels;
  const [lost] = status.lost;
  const zone = timeZone ? { timeZone } : {};
  const said = children
    ? status.verdict.filter(({ sentence }) => sentence === "held" || sentence === "never")
    : status.verdict;
  const isNew = useIsNewGrant(best);
  return (
    <div className="grid grid-cols-1 items-center gap-8 lg:grid-cols-2">
      <div className="flex flex-col items-start gap-4">
        <StatusBadge
          held={best ?? null}
          lost={best ? undefined : lost}
          size={children ? 72 : 144}
          stamped={isNew}
          {...zone}
        />
        <div className="flex flex-col gap-2">
          {verdict(said, locale.language, timeZone ?? locale.timeZone).map((sentence) => (
            <p key={sentence} className="measure">
              {sentence}
            </p>
          ))}
        </div>
        {children}
      </div>
      <LevelRuler stretches={status.stretches} lost={status.lost} {...zone} />
    </div>
  );
}
