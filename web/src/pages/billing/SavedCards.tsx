import { useQueryClient } from "@tanstack/react-query";
import { CreditCard } from "lucide-react";
import { useState } from "react";
import { forgetPaymentMethod, type PaymentMethod, type Subscription } from "../../api/billing";
import { Button } from "../../design/Button";
import { ConfirmDialog } from "../../design/Dialog";
import { Icon } from "../../design/Icon";
import { Notice } from "../../design/Notice";
import { toast } from "../../design/toast";
import { billingTexts } from "../../i18n/billing";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { cardExpiry, cardName } from "./cards";
import { renewBilling } from "./renewBilling";

/**
 * The cards we may charge, each with its way out: one press and a confirmation, no letter to support.
 * Federal law 376-ФЗ asks for exactly that.
 */
export function SavedCards({
  methods,
  subscription,
  organizationId,
  timeZone,
}: {
  methods: readonly PaymentMethod[];
  subscription: Subscription | null;
  organizationId: string;
  timeZone: string;
}) {
  const t = useTexts(billingTexts);
  const { date } = useFormats(timeZone);
  const queries = useQueryClient();
  const [asked, setAsked] = useState<PaymentMethod>();
  const [isUnderWay, setUnderWay] = useState(false);

  async function remove(method: PaymentMethod) {
    const { charge_under_way } = await forgetPaymentMethod(method.id);
    setUnderWay(charge_under_way);
    await renewBilling(queries, organizationId);
    if (!charge_under_way) toast(t.card.removed);
  }

  /** «до 12/30 · для списаний» */
  function about({ id, expires_at }: PaymentMethod): string {
    return [
      expires_at &&
        (new Date(expires_at) < new Date() ? t.card.expired : t.card.expires(cardExpiry(expires_at))),
      id === subscription?.payment_method_id && !subscription.cancel_at_period_end && t.card.charged,
    ]
      .filter(Boolean)
      .join(" · ");
  }

  const underWay = isUnderWay && (
    <Notice kind="warning" live="status">
      {t.card.removedUnderWay}
    </Notice>
  );
  if (methods.length === 0) return underWay || <p className="measure text-muted">{t.card.none}</p>;
  const isCharged = asked && subscription?.payment_method_id === asked.id;
  const isRenewed = isCharged && !subscription.cancel_at_period_end;
  return (
    <>
      {underWay}
      <ul className="flex flex-col gap-3">
        {methods.map((method) => (
          <li
            key={method.id}
            className="flex items-center justify-between gap-4 rounded-md border border-line bg-raised px-5 py-3"
          >
            <p className="flex min-w-0 items-center gap-3">
              <Icon of={CreditCard} />
              <span className="min-w-0">
                <span className="block font-medium tabular-nums">{cardName(method, t)}</span>
                <span className="block text-sm text-muted tabular-nums">{about(method)}</span>
              </span>
            </p>
            <Button size="small" onClick={() => setAsked(method)}>
              {t.card.removeShort} <span className="sr-only">{cardName(method, t)}</span>
            </Button>
          </li>
        ))}
      </ul>
      {asked && (
        <ConfirmDialog
          open
          onClose={() => setAsked(undefined)}
          title={t.card.removeTitle(cardName(asked, t))}
          action={t.card.remove}
          pendingText={t.card.removing}
          onConfirm={() => remove(asked)}
        >
          <p>{t.card.removeText}</p>
          {isCharged && subscription.cancel_at_period_end && (
            <p className="mt-2">{t.card.removeEnding(date(subscription.current_period_end))}</p>
          )}
          {isRenewed && subscription.status === "trialing" && subscription.trial_ends_at && (
            <p className="mt-2">{t.card.removeTrial(date(subscription.trial_ends_at))}</p>
          )}
          {isRenewed && subscription.status === "active" && (
            <p className="mt-2">{t.card.removeActive(date(subscription.current_period_end))}</p>
          )}
          {isRenewed && subscription.status === "past_due" && subscription.grace_until && (
            <p className="mt-2">{t.card.removePastDue(date(subscription.grace_until))}</p>
          )}
          {!isCharged && <p className="mt-2">{t.card.removeOther}</p>}
        </ConfirmDialog>
      )}
    </>
  );
}
