import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useNavigate } from "react-router";
import { startCheckout, type CheckoutKind } from "../../api/billing";
import { asApiError, type ApiError } from "../../api/errors";
import type { TextVersion } from "../../api/platformPages";
import { keys } from "../../api/keys";
import { isPaymentPage } from "./paymentPage";

export type Wish = {
  plan_id: string;
  kind: CheckoutKind;
  /** What the person was told it costs, "13906.67"; when it is not that any more, they are asked again. */
  expected?: string;
};

/** `receipt-address`: the law asks for a receipt, and there is nowhere to send it yet. A list: texts to agree to first. */
export type Trouble = ApiError | "bad-address" | "another-amount" | "receipt-address" | TextVersion[];

/** The way to ЮKassa's page. `pending` is what is being opened; a second press gives the same payment. */
export function useCheckout(organizationId: string) {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [pending, setPending] = useState<Wish>();
  const [wished, setWished] = useState<Wish>();
  const [trouble, setTrouble] = useState<Trouble>();

  useEffect(() => {
    // Back from ЮKassa by the browser's button: the page is as it was left, with the button still at work.
    const wake = ({ persisted }: PageTransitionEvent) => {
      if (!persisted) return;
      setPending(undefined);
      void queries.invalidateQueries({ queryKey: keys.billing(organizationId) });
    };
    addEventListener("pageshow", wake);
    return () => removeEventListener("pageshow", wake);
  }, [organizationId, queries]);

  async function start(wish: Wish) {
    if (pending) return; // one payment at a time, whichever button is pressed meanwhile
    setTrouble(undefined);
    setWished(wish);
    setPending(wish);
    try {
      const { transaction_id, payment_url, amount } = await startCheckout({
        organization_id: organizationId,
        plan_id: wish.plan_id,
        kind: wish.kind,
      });
      if (wish.expected !== undefined && Number(wish.expected) !== Number(amount)) {
        setTrouble("another-amount");
      } else if (!payment_url) {
        await navigate(`/dashboard/billing/return?transaction=${transaction_id}`);
      } else if (isPaymentPage(payment_url)) {
        location.assign(payment_url);
        return; // stays pending until the browser has left
      } else {
        setTrouble("bad-address");
      }
    } catch (error) {
      const problem = asApiError(error);
      const needsAddress = problem.fields.some(({ field }) => field === "billing_email");
      setTrouble(
        needsAddress ? "receipt-address" : problem.code === "consent_required" ? problem.texts : problem,
      );
      // The refusal may mean that things are not as this page shows them.
      void queries.invalidateQueries({ queryKey: keys.billing(organizationId) });
    }
    setPending(undefined);
  }

  return {
    start,
    pending,
    trouble,
    /** Tries the same once more. */
    again: () => (wished ? start(wished) : Promise.resolve()),
    forget: () => setTrouble(undefined),
  };
}

export type CheckoutState = ReturnType<typeof useCheckout>;
