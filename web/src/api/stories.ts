/** Stories: an organization writes, a moderator decides, buyers read. */
import { infiniteQueryOptions, queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { data, database } from "./client";
import type { StoryRejectionCode } from "./codes";
import type { Database } from "./database.types";
import { keys } from "./keys";

type Tables = Database["public"]["Tables"];
type Enums = Database["public"]["Enums"];

export type StoryType = Enums["story_type"];
export type StoryStatus = Enums["story_status"];
export type ContentOrigin = Enums["content_origin"];
export type Story = Omit<
  Tables["stories"]["Row"],
  "search" | "created_by" | "moderated_by" | "moderated_at" | "claimed_by" | "claimed_until"
>;
export type StoryEvent = Pick<
  Tables["story_activity_log"]["Row"],
  "id" | "action" | "actor_kind" | "detail" | "occurred_at"
>;

/** What its authors write; all else follows from what is done with it. */
export type StoryText = {
  story_type: StoryType;
  title: string;
  content_text: string | null;
  external_url: string | null;
  /** Of its organization, looked at and found good before it is submitted; no other story's. */
  media_id: string | null;
  content_origin: ContentOrigin;
  /** ISO 8601: not before. */
  scheduled_publish_at: string | null;
};

export const storyTypes = [
  "success_story",
  "expert_opinion",
  "customer_review",
  "event_announcement",
  "service_showcase",
] as const satisfies readonly StoryType[];

const columns =
  "id, organization_id, story_type, status, content_origin, title, content_text, external_url, media_id, content_video_url, content_image_url, thumbnail_url, scheduled_publish_at, submitted_at, published_at, rejection_code, rejection_comment, appealed_at, view_count, is_featured, deleted_at, created_at, updated_at";

/** Every story of one's own organization, deleted ones of the last 30 days included, what changed last first. */
export function useStories(organizationId: string) {
  return useQuery({
    queryKey: keys.stories(organizationId),
    queryFn: ({ signal }): Promise<Story[]> =>
      data(
        database()
          .from("stories")
          .select(columns)
          .eq("organization_id", organizationId)
          .order("updated_at", { ascending: false })
          .limit(500)
          .abortSignal(signal),
      ),
  });
}

/** One story, for whoever may read it. ApiError `not_found`. */
export function useStory(id: string) {
  return useQuery(story(id));
}

export function story(id: string) {
  return queryOptions({
    queryKey: keys.story(id),
    queryFn: ({ signal }): Promise<Story> =>
      data(database().from("stories").select(columns).eq("id", id).abortSignal(signal).single()),
  });
}

/** What happened to a story, the newest first; for its organization and for platform admins. */
export function storyLog(id: string) {
  return queryOptions({
    queryKey: keys.storyLog(id),
    queryFn: ({ signal }): Promise<StoryEvent[]> =>
      data(
        database()
          .from("story_activity_log")
          .select("id, action, actor_kind, detail, occurred_at")
          .eq("story_id", id)
          .order("id", { ascending: false })
          .abortSignal(signal),
      ),
  });
}

const pageSize = 12;

/** What buyers read of one organization, the newest first; `type` null: of every type. */
export function publishedStories(organizationId: string, type: StoryType | null) {
  return infiniteQueryOptions({
    queryKey: keys.publishedStories(organizationId, type ?? "all"),
    initialPageParam: null as string | null,
    queryFn: ({ signal, pageParam }): Promise<Story[]> => {
      let asked = database()
        .from("stories")
        .select(columns)
        .eq("organization_id", organizationId)
        .eq("status", "published")
        .lte("published_at", new Date().toISOString())
        .order("published_at", { ascending: false })
        .limit(pageSize);
      if (type) asked = asked.eq("story_type", type);
      if (pageParam) asked = asked.lt("published_at", pageParam);
      return data(asked.abortSignal(signal));
    },
    getNextPageParam: (page) => (page.length < pageSize ? null : (page.at(-1)?.published_at ?? null)),
  });
}

export type FoundStory = Pick<Story, "id" | "title" | "story_type"> & { published_at: string };

/** What buyers may read of one organization, found by words in any of their forms; the newest first, at most ten. */
export function searchStories(organizationId: string, query: string) {
  return queryOptions({
    queryKey: keys.storySearch(organizationId, query),
    queryFn: async ({ signal }): Promise<FoundStory[]> => {
      const found = await data(
        database()
          .rpc("search_stories", {
            organization_id: organizationId,
            ...(query ? { query } : {}),
            max_items: 10,
          })
          .abortSignal(signal),
      );
      return (found as { items: FoundStory[] }).items;
    },
  });
}

/** The titles of these stories, for whoever may read them; one that is gone is left out. */
export function storyTitles(ids: readonly string[]) {
  return queryOptions({
    queryKey: keys.storyTitles(ids),
    enabled: ids.length > 0,
    queryFn: async ({ signal }): Promise<ReadonlyMap<string, string>> => {
      const found = await data(
        database()
          .from("stories")
          .select("id, title")
          .in("id", [...ids])
          .abortSignal(signal),
      );
      return new Map(found.map(({ id, title }) => [id, title]));
    },
  });
}

// Writing: each throws ApiError `invalid_transition` when the story has moved on meanwhile. ----------------------------

/** Gives what writes a draft: ApiError `subscription_required`, `plan_limit_reached`, `invalid_input`. */
export function useCreateStory(organizationId: string) {
  const changed = useStoriesChanged(organizationId);
  return async (text: StoryText): Promise<Story> =>
    changed(
      await data(
        database()
          .from("stories")
          .insert({ ...text, organization_id: organizationId })
          .select(columns)
          .single(),
      ),
    );
}

/** Gives what rewrites a story; one that was published becomes a draft by it. */
export function useUpdateStory(organizationId: string) {
  const changed = useStoriesChanged(organizationId);
  return async (id: string, text: StoryText): Promise<Story> =>
    changed(await data(database().from("stories").update(text).eq("id", id).select(columns).single()));
}

export function useDeleteStory(organizationId: string) {
  const changed = useStoriesChanged(organizationId);
  return async (id: string): Promise<Story> =>
    changed(await data(database().rpc("delete_story", { story_id: id })));
}

export function useSubmitStory(organizationId: string) {
  const changed = useStoriesChanged(organizationId);
  return async (id: string): Promise<Story> =>
    changed(await data(database().rpc("submit_story", { story_id: id })));
}

export type StoryMove = "withdraw_story" | "unpublish_story" | "restore_story";

/** Gives what moves a story on without a word. */
export function useMoveStory(organizationId: string) {
  const changed = useStoriesChanged(organizationId);
  return async (id: string, move: StoryMove): Promise<Story> =>
    changed(await data(database().rpc(move, { story_id: id })));
}

export function useFeatureStory(organizationId: string) {
  const changed = useStoriesChanged(organizationId);
  return async (id: string, featured: boolean): Promise<Story> =>
    changed(await data(database().rpc("feature_story", { story_id: id, featured })));
}

export function useAppealStory(organizationId: string) {
  const changed = useStoriesChanged(organizationId);
  return async (id: string, message: string): Promise<Story> =>
    changed(await data(database().rpc("appeal_story", { story_id: id, message })));
}

function useStoriesChanged(organizationId: string) {
  const queries = useQueryClient();
  return async (changed: Story): Promise<Story> => {
    queries.setQueryData(keys.story(changed.id), changed);
    await Promise.all([
      queries.invalidateQueries({ queryKey: keys.stories(organizationId) }),
      queries.invalidateQueries({ queryKey: keys.publishedStories(organizationId) }),
      queries.invalidateQueries({ queryKey: keys.storyLog(changed.id) }),
      queries.invalidateQueries({ queryKey: keys.organization() }),
    ]);
    return changed;
  };
}

// Moderating ---------------------------------------------------------------------------------------------------------

export type QueuedStory = {
  story_id: string;
  organization: string;
  organization_id: string;
  slug: string;
  story_type: StoryType;
  title: string;
  author: string | null;
  waiting_since: string;
  claimed_by: string | null;
  claimed_until: string | null;
  /** A rejection that is looked at again. */
  appeal: boolean;
  rejections: number;
};

/** For platform admins: what waits for a decision, the oldest first. */
export function moderationQueue() {
  return infiniteQueryOptions({
    queryKey: keys.moderationQueue(),
    initialPageParam: null as string | null,
    queryFn: async ({ signal, pageParam }) =>
      (await data(
        database()
          .rpc("moderation_queue", { ...(pageParam && { after: pageParam }), max_items: 20 })
          .abortSignal(signal),
      )) as { items: QueuedStory[]; next: string | null },
    getNextPageParam: (page) => page.next,
  });
}

/** For ten minutes nobody else decides about it. ApiError `claimed_by_another`, `not_allowed`, `invalid_transition`. */
export function claimStory(id: string): Promise<Story> {
  return data(database().rpc("claim_story", { story_id: id }));
}

/** Publishes what was read, and nothing else. */
export function approveStory({ id, updated_at }: Pick<Story, "id" | "updated_at">): Promise<Story> {
  return data(database().rpc("approve_story", { story_id: id, seen_updated_at: updated_at }));
}

export function rejectStory(id: string, code: StoryRejectionCode, comment: string): Promise<Story> {
  return data(database().rpc("reject_story", { story_id: id, code, comment }));
}

// Reading ------------------------------------------------------------------------------------------------------------

let visitor: string | undefined;

/** A random text that this browser keeps, by which a view is counted once a day; it says nothing else. */
function thisVisitor(): string {
  try {
    visitor ??= localStorage.getItem("visitor") ?? undefined;
    visitor ??= crypto.randomUUID();
    localStorage.setItem("visitor", visitor);
  } catch {
    // Storage is closed: it lasts as long as the page.
  }
  return (visitor ??= crypto.randomUUID());
}

/** Says that a published story was shown. Whether it counts is decided there. */
export async function recordStoryView(id: string): Promise<void> {
  await data(database().rpc("record_story_view", { story_id: id, visitor: thisVisitor() }));
}
