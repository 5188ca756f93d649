import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import {
  abandonCheckout,
  type BillingOverview,
  type CheckoutKind,
  type Payment,
  type TransactionKind,
} from "../../api/billing";
import { Button } from "../../design/Button";
import { ConfirmDialog } from "../../design/Dialog";
import { Notice } from "../../design/Notice";
import { toast } from "../../design/toast";
import { billingTexts } from "../../i18n/billing";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { paymentTexts } from "../../i18n/payments";
import { renewBilling } from "./renewBilling";
import type { CheckoutState } from "./useCheckout";

/** What a checkout is asked for to give the page of such a payment again. */
const checkoutOf: Partial<Record<TransactionKind, CheckoutKind>> = {
  trial_hold: "trial",
  first_payment: "subscription",
  plan_change: "plan_change",
  card_check: "card",
};

/** A page that a person opened and has not paid: go on with it, or leave it for good. */
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
  const p = useTexts(paymentTexts);
  const formats = useFormats(timeZone);
  const queries = useQueryClient();
  const [isLeaving, setLeaving] = useState(false);
  const what = p.history.kind[begun.kind];
  const amount = formats.money(begun.amount, begun.currency);
  const planId = payments.find(({ id }) => id === begun.transaction_id)?.plan_id;
  const kind = checkoutOf[begun.kind];

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
          </div>
        }
      >
        {t.waiting.text(what, amount, formats.dateTime(begun.created_at))}
      </Notice>
      {isLeaving && (
        <LeavePayment
          transactionId={begun.transaction_id}
          what={what}
          amount={amount}
          onLeft={() => renewBilling(queries, organizationId)}
          onClose={() => setLeaving(false)}
        />
      )}
    </>
  );
}

/** Asks before a payment that was begun is left for good. */
export function LeavePayment({
  transactionId,
  what,
  amount,
  onLeft,
  onClose,
}: {
  transactionId: string;
  /** In words. */
  what: string;
  amount: string;
  onLeft: () => Promise<void>;
  onClose: () => void;
}) {
  const t = useTexts(billingTexts).waiting;
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={t.leaveTitle}
      action={t.leaveAction}
      pendingText={t.leaving}
      keep={t.keep}
      onConfirm={async () => {
        await abandonCheckout(transactionId);
        await onLeft();
        toast(t.left);
      }}
    >
      <p>{t.leaveText(what, amount)}</p>
    </ConfirmDialog>
  );
}
