/**
 * The video or picture of a story that is being written: sent and looked at as soon as it is chosen. What has arrived is
 * kept in this tab with the text; a file itself cannot be kept, so one that was on its way is asked for again.
 */
import { useEffect, useRef, useState } from "react";
import { asApiError, type ApiError } from "../../api/errors";
import type { Story } from "../../api/stories";
import {
  checkMedia,
  mediaFault,
  mediaTypeOf,
  sendMedia,
  type MediaKind,
  type MediaRoom,
} from "../../api/storyMedia";
import { readDraft, writeDraft } from "../../design/drafts";

type Chosen = { name: string; kind: MediaKind };

export type MediaState =
  | { state: "none" }
  | { state: "refused"; name: string; problems: readonly string[] }
  /** The page was closed while it was being sent. */
  | { state: "interrupted"; name: string }
  | ({ state: "sending"; share: number; file: File } & Chosen)
  /** It did not arrive; the room it was given is still its own. */
  | ({ state: "unsent"; error: ApiError; file: File; room: MediaRoom | undefined } & Chosen)
  | ({ state: "checking"; id: string } & Chosen)
  /** It arrived, and nobody could say what it is. */
  | ({ state: "unchecked"; id: string; error: ApiError } & Chosen)
  | ({ state: "ready"; id: string } & Chosen);

export function useStoryMedia(organizationId: string, draft: string, story: Story | undefined) {
  const [media, setMedia] = useState<MediaState>(() => kept(draft) ?? of(story));
  const running = useRef<AbortController>(undefined);

  function change(next: MediaState) {
    setMedia(next);
    keep(draft, next);
  }

  /** What is to be done with a file ends with the page, or with another file. */
  function begin(): AbortSignal {
    running.current?.abort();
    running.current = new AbortController();
    return running.current.signal;
  }

  async function send(file: File, { name, kind }: Chosen, earlier?: MediaRoom) {
    const chosen = { name, kind };
    const signal = begin();
    let room = earlier;
    change({ state: "sending", share: 0, file, ...chosen });
    try {
      room = await sendMedia(organizationId, file, earlier, {
        signal,
        onRoom: (given) => (room = given),
        onProgress: (share) => {
          if (!signal.aborted) setMedia({ state: "sending", share, file, ...chosen });
        },
      });
      if (!signal.aborted) await check(room.media_id, chosen);
    } catch (error) {
      if (!signal.aborted) change({ state: "unsent", error: asApiError(error), file, room, ...chosen });
    }
  }

  async function check(id: string, { name, kind }: Chosen) {
    const chosen = { name, kind };
    const signal = begin();
    change({ state: "checking", id, ...chosen });
    try {
      const { status, problems } = await checkMedia(id, chosen.kind, signal);
      if (signal.aborted) return;
      change(
        status === "ready"
          ? { state: "ready", id, ...chosen }
          : { state: "refused", name: chosen.name, problems },
      );
    } catch (error) {
      if (!signal.aborted) change({ state: "unchecked", id, error: asApiError(error), ...chosen });
    }
  }

  const resumed = useRef(false);
  useEffect(() => {
    if (!resumed.current && media.state === "checking") void check(media.id, media);
    resumed.current = true;
    return () => running.current?.abort();
    // Only what was going on when the page opened.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);

  return {
    media,
    /** Null: the story shows none. */
    id: media.state === "ready" ? media.id : null,
    choose(file: File) {
      begin();
      const fault = mediaFault(file);
      const found = mediaTypeOf(file);
      if (fault || !found) {
        change({ state: "refused", name: file.name, problems: [fault ?? "wrong_type"] });
      } else void send(file, { name: file.name, kind: found.kind });
    },
    /** Goes on from where the connection was lost. */
    retry() {
      if (media.state === "unsent") void send(media.file, media, media.room);
      if (media.state === "unchecked") void check(media.id, media);
    },
    remove() {
      begin();
      change({ state: "none" });
    },
    forget() {
      writeDraft(draft, undefined);
    },
  };
}

/** What keeps a story from being kept, or from being sent for review: an error code of MediaField. */
export function mediaMistake({ state }: MediaState, isForReview: boolean): { media_id?: string } {
  if (state === "sending" || state === "checking") return { media_id: "stillSending" };
  return isForReview && state !== "none" && state !== "ready" ? { media_id: "unfinished" } : {};
}

function of(story: Story | undefined): MediaState {
  if (!story?.media_id) return { state: "none" };
  return { state: "ready", id: story.media_id, name: "", kind: story.content_video_url ? "video" : "image" };
}

type Kept = { state: string; name: string; kind: MediaKind; id: string; problems: string[] };

function kept(draft: string): MediaState | undefined {
  const found = readDraft(draft) as Kept | undefined;
  if (!found) return undefined;
  const { state, name, kind, id, problems } = found;
  if (state === "none") return { state };
  if (state === "refused") return { state, name, problems };
  if (state === "checking" || state === "ready") return { state, name, kind, id };
  return { state: "interrupted", name };
}

function keep(draft: string, media: MediaState): void {
  const { state } = media;
  const isOnItsWay = state === "sending" || state === "unsent";
  writeDraft(
    draft,
    isOnItsWay
      ? { state: "interrupted", name: media.name }
      : state === "unchecked"
        ? { ...media, state: "checking", error: undefined }
        : media,
  );
}
