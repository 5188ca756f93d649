import { ButtonLink } from "../../design/Button";
import { PageHeader } from "../../design/Page";
import { useTexts } from "../../i18n/dictionary";
import { notificationTexts } from "../../i18n/notifications";
import { NotificationList } from "./NotificationList";
import { ReadAll } from "./ReadAll";

export function NotificationsPage() {
  const t = useTexts(notificationTexts);
  return (
    <div className="flex max-w-3xl flex-col gap-8">
      <PageHeader
        title={t.title}
        lead={t.lead}
        action={
          <>
            <ReadAll />
            <ButtonLink to="/account/notifications" size="small" variant="quiet">
              {t.settings}
            </ButtonLink>
          </>
        }
      />
      <NotificationList />
    </div>
  );
}
