import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { asApiError } from "../../api/errors";
import { markNotificationsRead, movedByReading, notifications, unreadCount } from "../../api/notifications";
import { useUser } from "../../shared/session";
import { Button } from "../../design/Button";
import { toast } from "../../design/toast";
import { useTexts } from "../../i18n/dictionary";
import { errorTexts } from "../../i18n/errors";
import { notificationTexts } from "../../i18n/notifications";

/** The button is there while something is unread. */
export function ReadAll({ variant = "secondary" }: { variant?: "secondary" | "quiet" }) {
  const t = useTexts(notificationTexts);
  const errors = useTexts(errorTexts);
  const user = useUser();
  const queries = useQueryClient();
  const [pending, setPending] = useState(false);
  const unread = useQuery(unreadCount(user.id));
  const shown = useInfiniteQuery(notifications(user.id)); // the list beside this button
  if (!unread.data) return null;

  async function readAll() {
    setPending(true);
    try {
      const newest = shown.data?.pages[0]?.[0];
      if (newest) await markNotificationsRead({ up_to: newest.id });
      await Promise.all(movedByReading(user.id).map((queryKey) => queries.invalidateQueries({ queryKey })));
    } catch (error) {
      toast(errors[asApiError(error).code], { kind: "bad" });
    } finally {
      setPending(false);
    }
  }

  return (
    <Button size="small" variant={variant} pending={pending && t.readingAll} onClick={() => void readAll()}>
      {t.readAll}
    </Button>
  );
}
