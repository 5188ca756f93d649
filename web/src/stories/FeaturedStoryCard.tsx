import { Link } from "react-router";
import type { Story } from "../api/stories";
import { DateTime } from "../design/Values";
import { useTexts } from "../i18n/dictionary";
import { useLangOf } from "../i18n/langOf";
import { storyTexts } from "../i18n/stories";
import { StoryThumbnail } from "./StoryThumbnail";
import { StoryTypeIcon } from "./StoryTypeIcon";

/** The story that its organization has put first. */
export function FeaturedStoryCard({ story, slug }: { story: Story; slug: string }) {
  const t = useTexts(storyTexts).reading;
  const langOf = useLangOf();
  return (
    <article className="relative flex flex-col overflow-hidden rounded-md border-2 border-edge bg-raised focus-within:outline-2 focus-within:outline-focus lg:flex-row">
      {story.thumbnail_url && (
        <div className="shrink-0 bg-sunken lg:w-2/5">
          <StoryThumbnail beside src={story.thumbnail_url} isVideo={story.content_video_url !== null} />
        </div>
      )}
      <div className="flex flex-1 flex-col gap-4 p-5 sm:p-8">
        <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
          <span className="rounded-sm bg-sunken px-2 py-0.5 text-sm font-semibold">{t.featured}</span>
          <StoryTypeIcon type={story.story_type} />
        </div>
        <h3 lang={langOf(story.title)} className="text-xl wrap-anywhere">
          <Link
            to={`/organizations/${slug}/stories/${story.id}`}
            className="no-underline outline-none after:absolute after:inset-0"
          >
            {story.title}
          </Link>
        </h3>
        {story.content_text && (
          <p className="measure line-clamp-6 wrap-anywhere text-muted">{story.content_text}</p>
        )}
        {story.published_at && (
          <p className="text-sm text-muted">
            <DateTime at={story.published_at} show="date" />
          </p>
        )}
      </div>
    </article>
  );
}
