import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useNavigate } from "react-router";
import { startCheckout } from "../../api/billing";
import { asApiError, type ApiError } from "../../api/errors";
import { isPaymentPage } from "./paymentPage";

type Wish = { plan_id: string; kind: "trial" | "subscription" };

/** The way to ЮKassa's page. `pending` is what is being opened; a second press gives the same payment. */
export function useCheckout(organizationId: string) {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [pending, setPending] = useState<Wish>();
  const [problem, setProblem] = useState<ApiError | "bad-address">();

  useEffect(() => {
    // Back from ЮKassa by the browser's button: the page is as it was left, with the button still at work.
    const wake = ({ persisted }: PageTransitionEvent) => {
      if (!persisted) return;
      setPending(undefined);
      void queries.invalidateQueries({ queryKey: ["transactions", organizationId] });
    };
    addEventListener("pageshow", wake);
    return () => removeEventListener("pageshow", wake);
  }, [organizationId, queries]);

  async function start(wish: Wish) {
    setProblem(undefined);
    setPending(wish);
    try {
      const { transaction_id, payment_url } = await startCheckout({
        organization_id: organizationId,
        ...wish,
      });
      if (!payment_url) {
        await navigate(`/dashboard/billing/return?transaction=${transaction_id}`);
      } else if (isPaymentPage(payment_url)) {
        location.assign(payment_url);
        return; // stays pending until the browser has left
      } else {
        setProblem("bad-address");
      }
    } catch (error) {
      setProblem(asApiError(error));
      // The refusal may mean that things are not as this page shows them.
      void queries.invalidateQueries({ queryKey: ["subscription", organizationId] });
      void queries.invalidateQueries({ queryKey: ["transactions", organizationId] });
    }
    setPending(undefined);
  }

  return { start, pending, problem };
}
