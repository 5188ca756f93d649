/** The video or picture of a story: sent, looked at, shown. */
import { queryOptions } from "@tanstack/react-query";
import { callFunction, data, database } from "./client";
import { storyMediaLimits, storyMediaTypes, type StoryMediaProblem } from "./codes";
import { asApiError } from "./errors";
import { keys } from "./keys";
import { limits } from "./limits";
import { uploadTo, type OnProgress } from "./storage";

export type MediaKind = keyof typeof storyMediaLimits;

/** Room for one file: what it is sent to. */
export type MediaRoom = { media_id: string; bucket: "story-uploads"; path: string };

/** What was found in a file. */
export type MediaCheck = {
  media_id: string;
  status: "uploaded" | "checking" | "ready" | "refused";
  problems: StoryMediaProblem[];
};

/** What a story shows: addresses of what buyers get, and of nothing else. */
export type Media = { kind: "video"; src: string; poster: string | null } | { kind: "image"; src: string };

export const mediaTypes = Object.keys(storyMediaTypes) as (keyof typeof storyMediaTypes)[];

// Some systems do not know what such a file is, and the browser then says nothing of it.
const byExtension: Record<string, keyof typeof storyMediaTypes> = {
  mp4: "video/mp4",
  m4v: "video/mp4",
  mov: "video/quicktime",
  webm: "video/webm",
};

/** The content type of a file and what it is taken for, by what the browser says of it; undefined for anything else. */
export function mediaTypeOf(file: File): { type: string; kind: MediaKind } | undefined {
  const extension = file.name.split(".").pop()?.toLowerCase() ?? "";
  const type = file.type === "" ? (byExtension[extension] ?? "") : file.type;
  const kinds: Partial<Record<string, MediaKind>> = storyMediaTypes;
  const kind = kinds[type];
  return kind && { type, kind };
}

/** What can be told of a file before it is sent. The numbers are the database's own (scripts/fix.py). */
export function mediaFault(file: File): StoryMediaProblem | undefined {
  const found = mediaTypeOf(file);
  if (file.size === 0) return "empty";
  if (!found) return "wrong_type";
  return file.size > storyMediaLimits[found.kind] ? "too_large" : undefined;
}

/**
 * Sends a file, into `room` if it was given room before, and gives that; `onRoom` hears of it before. Throws ApiError `subscription_required`,
 * `too_large`, `too_many_requests`, `offline`.
 */
export async function sendMedia(
  organizationId: string,
  file: File,
  room: MediaRoom | undefined,
  {
    onRoom,
    ...watching
  }: { onRoom: (given: MediaRoom) => void; onProgress?: OnProgress; signal: AbortSignal },
): Promise<MediaRoom> {
  const { type, kind } = mediaTypeOf(file) ?? { type: file.type, kind: "image" };
  const given =
    room ??
    ((await data(
      database().rpc("create_story_media", {
        organization_id: organizationId,
        kind,
        bytes: file.size,
        content_type: type,
      }),
    )) as MediaRoom);
  watching.signal.throwIfAborted();
  onRoom(given);
  await uploadTo(given.bucket, given.path, file, type, watching);
  return given;
}

const pause = 3000; // ms between two looks at a check that somebody else has begun

/** Has it looked at, and waits for what is found. A second call for the same file joins the first. */
export async function checkMedia(id: string, kind: MediaKind, signal?: AbortSignal): Promise<MediaCheck> {
  for (let patience = 60; ; patience -= 1) {
    let wait = pause;
    try {
      const found = await callFunction<MediaCheck>(`validate_${kind}`, { media_id: id }, signal, limits.film);
      if (found.status === "ready" || found.status === "refused" || patience === 0) return found;
    } catch (error) {
      // Ten files a minute are looked at, in turns: whoever comes when many do waits as long as they are told.
      const seconds = asApiError(error).retryAfter;
      if (seconds === undefined || patience === 0) throw error;
      wait = (seconds + 1) * 1000;
    }
    await new Promise((resolve) => setTimeout(resolve, wait));
    signal?.throwIfAborted();
  }
}

type Files = { files: { name: string; content_type: string; url: string }[] };

/**
 * What a story with these media will show, at addresses that are good for an hour: to members, and to moderators once
 * it was submitted. ApiError `not_found`.
 */
export function mediaPreview(mediaId: string) {
  return queryOptions({
    queryKey: keys.mediaPreview(mediaId),
    queryFn: async ({ signal }): Promise<Media | null> => {
      // The film first, then pictures, the largest first.
      const { files } = await callFunction<Files>("story_media", { media_id: mediaId }, signal);
      const [first, second] = files;
      if (!first) return null;
      return first.content_type.startsWith("video/")
        ? { kind: "video", src: first.url, poster: second?.url ?? null }
        : { kind: "image", src: first.url };
    },
    staleTime: 30 * 60_000,
  });
}

/** What a story shows to everybody once it is published; null for one without media. */
export function mediaOf(story: {
  content_video_url: string | null;
  content_image_url: string | null;
  thumbnail_url: string | null;
}): Media | null {
  if (story.content_video_url)
    return { kind: "video", src: story.content_video_url, poster: story.thumbnail_url };
  return story.content_image_url ? { kind: "image", src: story.content_image_url } : null;
}
