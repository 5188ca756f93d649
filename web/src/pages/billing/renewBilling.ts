import type { QueryClient } from "@tanstack/react-query";

const touched = [
  "subscription",
  "payment-methods",
  "transactions",
  "refunds",
  "retry-attempts",
  "status",
  "status-history",
];

/** Asks anew for everything that a change of the subscription or its card moves. */
export function renewBilling(queries: QueryClient, organizationId: string): Promise<void> {
  return queries.invalidateQueries({
    predicate: ({ queryKey: [name, id] }) =>
      touched.includes(String(name)) && (id === organizationId || name === "retry-attempts"),
  });
}
