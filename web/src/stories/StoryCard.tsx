import { Link } from "react-router";
import type { ContentOrigin, StoryType } from "../api/stories";
import { DateTime } from "../design/Values";
import { useLangOf } from "../i18n/langOf";
import { ContentOriginBadge } from "./ContentOriginBadge";
import { StoryThumbnail } from "./StoryThumbnail";
import { StoryTypeIcon } from "./StoryTypeIcon";

/** What a card shows: a row of the table, or what the organization's page answers of its latest ones. */
export type Told = {
  id: string;
  story_type: StoryType;
  title: string;
  published_at: string | null;
  content_text?: string | null;
  snippet?: string | null;
  content_origin?: ContentOrigin;
  thumbnail_url: string | null;
  content_video_url?: string | null;
};

/** One story among others. The whole card leads to it; its title is the link's name. */
export function StoryCard({ story, slug, level = 3 }: { story: Told; slug: string; level?: 2 | 3 }) {
  const langOf = useLangOf();
  const Heading = `h${level}` as const;
  const text = story.snippet ?? story.content_text ?? "";
  return (
    <article className="relative flex h-full flex-col overflow-hidden rounded-md border border-line bg-raised focus-within:outline-2 focus-within:outline-focus hover:border-edge">
      {story.thumbnail_url && (
        <StoryThumbnail src={story.thumbnail_url} isVideo={Boolean(story.content_video_url)} />
      )}
      <div className="flex flex-1 flex-col gap-3 p-5">
        <div className="flex flex-wrap items-center justify-between gap-2">
          <StoryTypeIcon type={story.story_type} />
          {story.content_origin && <ContentOriginBadge origin={story.content_origin} />}
        </div>
        <Heading lang={langOf(story.title)} className="text-lg wrap-anywhere">
          <Link
            to={`/organizations/${slug}/stories/${story.id}`}
            className="no-underline outline-none after:absolute after:inset-0"
          >
            {story.title}
          </Link>
        </Heading>
        {text && (
          <p lang={langOf(text)} className="line-clamp-4 wrap-anywhere text-muted">
            {text}
          </p>
        )}
        {story.published_at && (
          <p className="mt-auto text-sm text-muted">
            <DateTime at={story.published_at} show="date" />
          </p>
        )}
      </div>
    </article>
  );
}
