import { useQuery } from "@tanstack/react-query";
import type { Story } from "../api/stories";
import { mediaOf, mediaPreview, type Media } from "../api/storyMedia";

/**
 * What a story shows: to everybody at its public addresses, and to whoever may see it before it is published (its
 * organization, a moderator) at others that are good for a while. Null while there is nothing to show.
 */
export function useShownMedia(story: Story): Media | null {
  const isOut =
    story.status === "published" && story.published_at !== null && new Date(story.published_at) <= new Date();
  const preview = useQuery({
    ...mediaPreview(story.media_id ?? ""),
    enabled: !isOut && story.media_id !== null,
  });
  return isOut ? mediaOf(story) : (preview.data ?? null);
}
