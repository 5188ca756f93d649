import type { QueryClient } from "@tanstack/react-query";
import { movedByBilling } from "../../api/billing";

/** Asks anew for everything that a change of the subscription or its card moves. */
export async function renewBilling(queries: QueryClient, organizationId: string): Promise<void> {
  await Promise.all(
    movedByBilling(organizationId).map((queryKey) => queries.invalidateQueries({ queryKey })),
  );
}
