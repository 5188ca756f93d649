/** Stories, as the database gives them. */
import type { Membership } from "../api/organizations";
import type { QueuedStory, Story } from "../api/stories";

export const story = (changes: Partial<Story> = {}): Story => ({
  id: "s1",
  organization_id: "o1",
  story_type: "service_showcase",
  status: "draft",
  content_origin: "direct_input",
  title: "Как мы качаем мёд",
  content_text: "Рано утром, пока пчёлы сонные.",
  external_url: null,
  media_id: null,
  content_video_url: null,
  content_image_url: null,
  thumbnail_url: null,
  scheduled_publish_at: null,
  submitted_at: null,
  published_at: null,
  rejection_code: null,
  rejection_comment: null,
  appealed_at: null,
  view_count: 0,
  is_featured: false,
  deleted_at: null,
  created_at: "2027-03-01T09:00:00Z",
  updated_at: "2027-03-01T09:00:00Z",
  ...changes,
});

export const published = (changes: Partial<Story> = {}): Story =>
  story({ status: "published", published_at: "2027-03-12T09:00:00Z", ...changes });

export const queued = (changes: Partial<QueuedStory> = {}): QueuedStory => ({
  story_id: "s1",
  organization: "Пасека Ивановых",
  organization_id: "o1",
  slug: "paseka",
  story_type: "service_showcase",
  title: "Как мы качаем мёд",
  author: "Вера",
  waiting_since: "2027-03-12T09:00:00Z",
  claimed_by: null,
  claimed_until: null,
  appeal: false,
  rejections: 0,
  ...changes,
});

export const membership = {
  organization: { id: "o1", slug: "paseka", name: "Пасека Ивановых" },
  role: "editor",
  timeZone: "Europe/Moscow",
} as Membership;
