import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import {
  abandonCheckout,
  type BillingOverview,
  type CheckoutKind,
  type Payment,
  type TransactionKind,
} from "../../api/billing";
import { Button, ButtonLink } from "../../design/Button";
import { ConfirmDialog } from "../../design/Dialog";
import { Notice } from "../../design/Notice";
import { toast } from "../../design/toast";
import { billingTexts } from "../../i18n/billing";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { renewBilling } from "./renewBilling";
import type { CheckoutState } from "./useCheckout";

/** What a checkout is asked for to give the page of such a payment again. */
const checkoutOf: Partial<Record<TransactionKind, CheckoutKind>> = {
  trial_hold: "trial",
  first_payment: "subscription",
  plan_change: "plan_change",
  card_check: "card",
};

/** A page that a person opened and has not paid: go on with it, leave it for good, or see what became of it. */
export function UnfinishedPayment({
  begun,
  payments,
  checkout,
  organizationId,
  timeZone,
}: {
  begun: NonNullable<BillingOverview["under_way"]>;
  payments: readonly Payment[];
  checkout: CheckoutState;
  organizationId: string;
  timeZone: string;
}) {
  const t = useTexts(billingTexts);
  const formats = useFormats(timeZone);
  const queries = useQueryClient();
  const [isLeaving, setLeaving] = useState(false);
  const what = t.history.kind[begun.kind];
  const amount = formats.money(begun.amount, begun.currency);
  const planId = payments.find(({ id }) => id === begun.transaction_id)?.plan_id;
  const kind = checkoutOf[begun.kind];

  async function leave() {
    await abandonCheckout(begun.transaction_id);
    await renewBilling(queries, organizationId);
    toast(t.waiting.left);
  }

  return (
    <>
      <Notice
        kind="warning"
        title={t.waiting.title}
        action={
          <div className="flex flex-wrap gap-3">
            {kind && planId && (
              // not the address that is known: whether its page is still open, the checkout asks first
              <Button
                size="small"
                variant="primary"
                pending={checkout.pending?.kind === kind && t.plans.opening}
                onClick={() => void checkout.start({ plan_id: planId, kind, expected: begun.amount })}
              >
                {t.waiting.resume}
              </Button>
            )}
            <Button size="small" onClick={() => setLeaving(true)}>
              {t.waiting.leave}
            </Button>
            <ButtonLink size="small" to={`/dashboard/billing/return?transaction=${begun.transaction_id}`}>
              {t.waiting.check}
            </ButtonLink>
          </div>
        }
      >
        {t.waiting.text(what, amount, formats.dateTime(begun.created_at))}
      </Notice>
      {isLeaving && (
        <ConfirmDialog
          open
          onClose={() => setLeaving(false)}
          title={t.waiting.leaveTitle}
          action={t.waiting.leaveAction}
          pendingText={t.waiting.leaving}
          keep={t.waiting.keep}
          onConfirm={leave}
        >
          <p>{t.waiting.leaveText(what, amount)}</p>
        </ConfirmDialog>
      )}
    </>
  );
}
