import { clsx } from "clsx";
import type { Story, StoryStatus as Status } from "../api/stories";
import { useTexts } from "../i18n/dictionary";
import { useFormats } from "../i18n/format";
import { storyTexts } from "../i18n/stories";

const looks: Record<Status, string> = {
  draft: "bg-sunken text-muted",
  pending_review: "bg-info-soft text-info",
  published: "bg-good-soft text-good",
  rejected: "bg-bad-soft text-bad",
};

/** Where a story is on its way, by the clocks of its organization. */
export function StoryStatus({ story, timeZone }: { story: Story; timeZone: string }) {
  const t = useTexts(storyTexts);
  const { dateTime } = useFormats(timeZone);
  const { status, published_at, deleted_at } = story;
  const isScheduled = status === "published" && published_at !== null && new Date(published_at) > new Date();
  return (
    <span
      className={clsx(
        "inline-block rounded-sm px-2 py-0.5 text-sm min-[75rem]:whitespace-nowrap",
        deleted_at ? looks.draft : looks[status],
      )}
    >
      {deleted_at ? t.isDeleted : isScheduled ? t.scheduled(dateTime(published_at)) : t.status[status]}
    </span>
  );
}
