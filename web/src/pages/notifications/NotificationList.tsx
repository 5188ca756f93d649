import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { clsx } from "clsx";
import { BellOff } from "lucide-react";
import { Link } from "react-router";
import {
  markNotificationsRead,
  movedByReading,
  notifications,
  type Notification,
} from "../../api/notifications";
import { myOrganizations } from "../../api/organizations";
import { useUser } from "../../shared/session";
import { Button } from "../../design/Button";
import { Icon } from "../../design/Icon";
import { EmptyState, Loaded, SkeletonLines } from "../../design/States";
import { DateTime } from "../../design/Values";
import { useTexts } from "../../i18n/dictionary";
import { daysUntil, formats } from "../../i18n/format";
import { knownTimeZone, useLocale } from "../../i18n/locale";
import { notificationTexts, tell } from "../../i18n/notifications";

/** What a person was told, newest first. `brief`: the latest ones, for the bell. */
export function NotificationList({ brief }: { brief?: number }) {
  const t = useTexts(notificationTexts);
  const user = useUser();
  const list = useInfiniteQuery(notifications(user.id));
  return (
    <Loaded query={list} skeleton={<SkeletonLines count={5} />}>
      {({ pages }) => {
        const all = pages.flat();
        if (all.length === 0) {
          return brief ? (
            <p className="p-4 text-muted">{t.empty}</p>
          ) : (
            <EmptyState title={t.empty} picture={<Icon of={BellOff} size={32} />}>
              {t.emptyText}
            </EmptyState>
          );
        }
        return (
          <div className="flex flex-col gap-6">
            <ul className={clsx("flex flex-col", !brief && "border-t border-line")}>
              {(brief ? all.slice(0, brief) : all).map((each) => (
                <Item key={each.id} notification={each} />
              ))}
            </ul>
            {!brief && list.hasNextPage && (
              <div>
                <Button
                  pending={list.isFetchingNextPage && t.loadingMore}
                  onClick={() => void list.fetchNextPage()}
                >
                  {t.more}
                </Button>
              </div>
            )}
          </div>
        );
      }}
    </Loaded>
  );
}

function Item({ notification }: { notification: Notification }) {
  const t = useTexts(notificationTexts);
  const user = useUser();
  const { language, timeZone: own } = useLocale();
  const queries = useQueryClient();
  const organizations = useQuery(myOrganizations(user.id));
  // By the organization's calendar: as it is now, or as it was then when the reader is no longer in it.
  const timeZone = knownTimeZone(
    organizations.data?.find(({ organization }) => organization.id === notification.organization_id)
      ?.timeZone ??
      notification.data.time_zone ??
      own,
  );
  const { title, text, to } = tell(notification, language, formats({ language, timeZone }), (at) =>
    daysUntil(at, timeZone),
  );
  const organization = notification.data.organization;
  const isUnread = notification.read_at === null;

  function open() {
    if (!isUnread) return;
    void markNotificationsRead({ ids: [notification.id] })
      .then(() =>
        Promise.all(movedByReading(user.id).map((queryKey) => queries.invalidateQueries({ queryKey }))),
      )
      // It stays unread and can be opened again: nothing the reader has to hear of.
      .catch(() => undefined);
  }

  const content = (
    <>
      <span className="flex items-start gap-3">
        <span
          aria-hidden
          className={clsx("mt-2 size-2 shrink-0 rounded-full", isUnread ? "bg-info" : "bg-transparent")}
        />
        <span className="flex min-w-0 flex-col gap-0.5">
          <span className={clsx(isUnread && "font-semibold")}>
            {isUnread && <span className="sr-only">{t.unread}. </span>}
            {title}
          </span>
          {text && <span className="wrap-anywhere text-ink">{text}</span>}
          <span className="text-sm text-muted">
            {typeof organization === "string" && `${organization} · `}
            <span className="whitespace-nowrap">
              <DateTime at={notification.created_at} />
            </span>
          </span>
        </span>
      </span>
    </>
  );
  const look = "block w-full px-4 py-3 text-left focus-visible:-outline-offset-2";
  return (
    <li className="border-b border-line last:border-b-0">
      {to ? (
        <Link to={to} className={clsx(look, "hover:bg-sunken")} onClick={open}>
          {content}
        </Link>
      ) : isUnread ? (
        <button type="button" className={clsx(look, "hover:bg-sunken")} onClick={open}>
          {content}
        </button>
      ) : (
        <div className={look}>{content}</div>
      )}
    </li>
  );
}
