import type { ReactNode } from "react";
import type { Story } from "../api/stories";
import type { Media } from "../api/storyMedia";
import { useTexts } from "../i18n/dictionary";
import { storyTexts } from "../i18n/stories";
import { ContentOriginBadge } from "./ContentOriginBadge";
import { StoryMedia } from "./StoryMedia";
import { StoryTypeIcon } from "./StoryTypeIcon";

export type Readable = Pick<
  Story,
  "story_type" | "title" | "content_text" | "external_url" | "content_origin"
>;

/** A story as buyers read it: on its page, in its author's preview and before a moderator, by the same lines. */
export function StoryText({
  story,
  media,
  heading,
}: {
  story: Readable;
  media: Media | null;
  heading: ReactNode;
}) {
  const t = useTexts(storyTexts).reading;
  const { external_url: address } = story;
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <StoryTypeIcon type={story.story_type} />
        <ContentOriginBadge origin={story.content_origin} />
      </div>
      {heading}
      {media && <StoryMedia media={media} title={story.title} />}
      {story.content_text && (
        <p className="measure text-lg wrap-anywhere whitespace-pre-line">{story.content_text}</p>
      )}
      {address && /^https?:\/\//i.test(address) && (
        <p>
          {t.source}{" "}
          <a href={address} rel="nofollow noopener ugc" className="link break-all">
            {address.replace(/^https?:\/\//i, "")}
          </a>
        </p>
      )}
    </>
  );
}
