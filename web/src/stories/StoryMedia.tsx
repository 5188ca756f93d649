import type { Media } from "../api/storyMedia";
import { StoryPicture } from "./StoryPicture";
import { StoryPlayer } from "./StoryPlayer";

/** A story's video or picture. */
export function StoryMedia({ media, title }: { media: Media; title: string }) {
  return media.kind === "video" ? (
    <StoryPlayer src={media.src} poster={media.poster} title={title} />
  ) : (
    <StoryPicture src={media.src} title={title} />
  );
}
