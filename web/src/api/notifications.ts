/** What a person was told in the app, and what they want to be told. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { account } from "./account";
import { data, database } from "./client";
import type { OrganizationRole } from "./organizations";
import { keys } from "./keys";

export type Notification = {
  id: number;
  organization_id: string | null;
  /** A key of notificationTexts.kind, or one that came after this build. */
  kind: string;
  data: Readonly<Record<string, unknown>>;
  created_at: string;
  read_at: string | null;
};

const page = 30;

/** Newest first, thirty at a time. The key begins with "notifications", as all of them do. */
export function notifications(userId: string) {
  return infiniteQueryOptions({
    queryKey: keys.notificationList(userId),
    queryFn: async ({ pageParam, signal }) => {
      const rows = database()
        .from("notifications")
        .select("id, organization_id, kind, data, created_at, read_at")
        .eq("user_id", userId);
      const found = await data(
        (pageParam === null ? rows : rows.lt("id", pageParam))
          .order("id", { ascending: false })
          .limit(page)
          .abortSignal(signal),
      );
      return found as Notification[];
    },
    initialPageParam: null as number | null,
    getNextPageParam: (last) => (last.length < page ? undefined : last.at(-1)?.id),
  });
}

/** How many are unread; asked again every minute while the page is looked at. */
export function unreadCount(userId: string) {
  return queryOptions({
    ...account(userId),
    select: ({ unread }) => unread,
    refetchInterval: 60_000,
  });
}

/** Everything that reading moves. */
export const movedByReading = (userId: string) => [keys.notifications(), keys.account(userId)];

/** These, or all up to the newest that the person was shown: what came after it they have not seen. */
export async function markNotificationsRead(which: { ids: number[] } | { up_to: number }): Promise<void> {
  await data(database().rpc("mark_notifications_read", which));
}

export type NotificationKind = {
  kind: string;
  /** Money and lost levels: always told. */
  is_essential: boolean;
  /** Who in an organization is told. */
  minimum_role: OrganizationRole;
};

export function notificationKinds() {
  return queryOptions({
    queryKey: keys.notificationKinds(),
    queryFn: ({ signal }): Promise<NotificationKind[]> =>
      data(
        database()
          .from("notification_kinds")
          .select("kind, is_essential, minimum_role")
          .order("position")
          .abortSignal(signal),
      ),
    staleTime: 10 * 60_000,
  });
}

export type NotificationSetting = { kind: string; in_app: boolean; by_email: boolean };

/** What the person has chosen; a kind without a row is on. */
export function notificationSettings(userId: string) {
  return queryOptions({
    queryKey: keys.notificationSettings(userId),
    queryFn: ({ signal }): Promise<NotificationSetting[]> =>
      data(
        database()
          .from("notification_settings")
          .select("kind, in_app, by_email")
          .eq("user_id", userId)
          .abortSignal(signal),
      ),
  });
}

export async function setNotificationSetting(setting: NotificationSetting): Promise<void> {
  await data(database().rpc("set_notification_setting", setting));
}
