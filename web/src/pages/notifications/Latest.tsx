import { Link } from "react-router";
import { useTexts } from "../../i18n/dictionary";
import { notificationTexts } from "../../i18n/notifications";
import { NotificationList } from "./NotificationList";
import { ReadAll } from "./ReadAll";

/** What opens below the bell: the latest few, and the way to all of them. */
export function Latest() {
  const t = useTexts(notificationTexts);
  return (
    <div className="flex flex-col">
      <div className="sticky top-0 flex min-h-12 items-center justify-between gap-3 border-b border-line bg-raised py-1 pr-2 pl-4">
        <h2 className="text-lg font-semibold">{t.title}</h2>
        <ReadAll variant="quiet" />
      </div>
      <NotificationList brief={8} />
      <div className="sticky bottom-0 flex justify-between gap-3 border-t border-line bg-raised px-4 py-2">
        <Link to="/dashboard/notifications" className="link inline-flex min-h-8 items-center">
          {t.all}
        </Link>
        <Link to="/account/notifications" className="link inline-flex min-h-8 items-center">
          {t.settings}
        </Link>
      </div>
    </div>
  );
}
