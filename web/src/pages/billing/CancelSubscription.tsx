import { useQueryClient } from "@tanstack/react-query";
import { cancelSubscription, type SubscriptionOverview } from "../../api/billing";
import { ConfirmDialog } from "../../design/Dialog";
import { toast } from "../../design/toast";
import { billingTexts } from "../../i18n/billing";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { useLocale } from "../../i18n/locale";
import { statusTexts } from "../../i18n/status";
import { planTitle } from "./plans";
import { renewBilling } from "./renewBilling";

/** Asks before a subscription is cancelled, and says what is lost and on which day. */
export function CancelSubscription({
  subscription,
  cancelling,
  timeZone,
  onClose,
}: {
  subscription: SubscriptionOverview;
  cancelling: NonNullable<SubscriptionOverview["cancelling"]>;
  timeZone: string;
  onClose: () => void;
}) {
  const t = useTexts(billingTexts).cancel;
  const s = useTexts(statusTexts);
  const { language } = useLocale();
  const { date } = useFormats(timeZone);
  const queries = useQueryClient();
  const { at: end, at_once: isAtOnce, loses } = cancelling;

  async function cancel() {
    const cancelled = await cancelSubscription(subscription.organization_id);
    await renewBilling(queries, subscription.organization_id);
    toast(cancelled.status === "canceled" ? t.doneNow : t.done(date(cancelled.current_period_end)));
  }

  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={t.title(planTitle(subscription.plan, language))}
      action={t.action}
      pendingText={t.pending}
      keep={t.keep}
      onConfirm={cancel}
    >
      <div className="flex flex-col gap-3">
        <p>
          {t.nothing} {isAtOnce ? t.atOnce : t.until(date(end))}
        </p>
        <div>
          <p className="font-medium">{isAtOnce ? t.losesNow : t.loses(date(end))}</p>
          <ul className="mt-1 list-disc pl-5 marker:text-muted">
            {loses.map((level) => (
              <li key={level}>{level === "C" ? t.levelC : t.level(level, s.name[level])}</li>
            ))}
            <li>{t.limits}</li>
          </ul>
        </div>
        <p className="text-muted">{t.stays}</p>
      </div>
    </ConfirmDialog>
  );
}
