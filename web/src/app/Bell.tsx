import { useQuery } from "@tanstack/react-query";
import { Bell as BellIcon } from "lucide-react";
import { lazy, Suspense } from "react";
import { Link } from "react-router";
import { unreadCount } from "../api/notifications";
import { Icon } from "../design/Icon";
import { Popover } from "../design/Popover";
import { Loading, SkeletonLines } from "../design/States";
import { common } from "../i18n/common";
import { useTexts } from "../i18n/dictionary";
import { useUser } from "../shared/session";

// The list's code is loaded when the bell is first rung.
const Latest = lazy(async () => ({
  default: (await import("../pages/notifications/Latest")).Latest,
}));

/** How much is unread. At a desk the latest open below it; a phone goes to the page. */
export function Bell() {
  const t = useTexts(common).nav;
  const user = useUser();
  const unread = useQuery(unreadCount(user.id)).data ?? 0;
  const label = t.notifications(unread);
  const icon = (
    <span className="relative">
      <Icon of={BellIcon} />
      {unread > 0 && (
        <span
          aria-hidden
          className="absolute -top-2 left-2.5 min-w-4.5 rounded-full bg-ink px-1 text-center text-[0.6875rem] leading-4.5 font-semibold text-paper"
        >
          {unread > 99 ? "99+" : unread}
        </span>
      )}
    </span>
  );
  return (
    <>
      <Link
        to="/dashboard/notifications"
        aria-label={label}
        title={label}
        className="grid size-11 place-items-center rounded-md hover:bg-sunken lg:hidden"
      >
        {icon}
      </Link>
      <Popover label={label} icon={icon} className="hidden lg:inline">
        <Suspense
          fallback={
            <div className="p-4">
              <Loading>
                <SkeletonLines count={4} />
              </Loading>
            </div>
          }
        >
          <Latest />
        </Suspense>
      </Popover>
    </>
  );
}
