import { clsx } from "clsx";
import type { HeldLevel, LostLevel, StatusLevel } from "../api/statuses";
import { Tooltip } from "../design/Tooltip";
import { useTexts } from "../i18n/dictionary";
import { useFormats } from "../i18n/format";
import { statusTexts } from "../i18n/status";
import { Seal } from "./Seal";
import type { SealFace } from "./seal";

type Shown = {
  /** The level that is shown, with its dates; null when none is held. */
  held: HeldLevel | null;
  /** What is said when nothing is held, but something was. */
  lost?: LostLevel | undefined;
  /** Dates are told by this zone's calendar; the reader's own without it. */
  timeZone?: string | undefined;
};

/**
 * The product's face: the seal with its name beside it and, on hover, focus or tap, what it means, since when,
 * until when and how it is held. `size` is the seal's, in CSS pixels: 24 in a line of text, up to 240 alone.
 */
export function StatusBadge({
  held,
  lost,
  timeZone,
  size = 24,
  stamped,
}: Shown & { size?: number; stamped?: boolean }) {
  const t = useTexts(statusTexts);
  const { date } = useFormats(timeZone);
  const face = badgeFace(held, lost);
  const isLarge = size >= 56;
  return (
    <Tooltip text={<BadgeExplanation held={held} lost={lost} timeZone={timeZone} />}>
      <span
        className={clsx(
          "inline-flex items-center",
          // On a narrow screen the name breaks between its words, and only then the seal gives way.
          isLarge ? "min-w-0 gap-4 [&>svg]:h-auto [&>svg]:min-w-16 [&>svg]:shrink" : "gap-2",
        )}
      >
        <Seal face={face} size={size} stamped={stamped} />
        <span className={clsx("flex flex-col", isLarge ? "shrink-[99] gap-0.5" : "min-w-0")}>
          {held ? (
            <>
              <span className={isLarge ? "text-muted" : "sr-only"}>{t.status(held.level)}</span>
              <span
                className={clsx("font-semibold", isLarge && (size >= 96 ? "text-xl sm:text-2xl" : "text-xl"))}
              >
                {t.name[held.level]}
              </span>
            </>
          ) : (
            <span className={clsx("font-semibold", isLarge && "text-xl", !lost && "text-muted")}>
              {lost ? t.lost(lost.level, date(lost.lost_at)) : t.none}
            </span>
          )}
        </span>
      </span>
    </Tooltip>
  );
}

export function badgeFace(held: { level: StatusLevel } | null, lost?: { level: StatusLevel }): SealFace {
  if (held) return { level: held.level };
  return lost ? { level: lost.level, lost: true } : { level: null };
}

function BadgeExplanation({ held, lost, timeZone }: Shown) {
  const t = useTexts(statusTexts);
  const { date } = useFormats(timeZone);
  if (!held) {
    return (
      <span className="flex flex-col gap-1">
        <span className="font-semibold">{lost ? t.lost(lost.level, date(lost.lost_at)) : t.none}</span>
        <span>{lost ? t.lostMeaning : t.noneMeaning}</span>
      </span>
    );
  }
  return (
    <span className="flex flex-col gap-1">
      <span className="font-semibold">
        {t.status(held.level)} · {t.name[held.level]}
      </span>
      <span>{t.meaning[held.level]}</span>
      <span>
        {t.how[held.kind]}, {t.since(date(held.since))}
        {held.valid_until ? ` ${t.until(date(held.valid_until))}` : `, ${t.endless[held.kind]}`}.
      </span>
    </span>
  );
}
