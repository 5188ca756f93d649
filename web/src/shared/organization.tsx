/**
 * The organization the dashboard shows. It is remembered on this device; `?organization=<slug>` in an address
 * (a link in an e-mail, a shared link) goes before what is remembered.
 */
import { createContext, use, useEffect, useSyncExternalStore, type ReactNode } from "react";
import { useSearchParams } from "react-router";
import type { Membership } from "../api/organizations";

type Choice = { all: readonly Membership[]; current: Membership };

const ChoiceContext = createContext<Choice | undefined>(undefined);
const storageKey = "organization";
const listeners = new Set<() => void>();
let chosen = remembered();

/** Shows this organization in the dashboard from now on; call it after creating one, too. */
export function chooseOrganization(organizationId: string): void {
  chosen = organizationId;
  try {
    localStorage.setItem(storageKey, organizationId);
  } catch {
    // Storage is closed: the choice lasts as long as the page.
  }
  for (const listener of listeners) listener();
}

/** While `all` is empty there is no choice, and nothing below may ask for it. */
export function OrganizationProvider({ all, children }: { all: readonly Membership[]; children: ReactNode }) {
  const remembered = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => chosen,
  );
  const [parameters] = useSearchParams();
  const asked = all.find(({ organization }) => organization.slug === parameters.get("organization"));
  const current = asked ?? all.find(({ organization }) => organization.id === remembered) ?? all[0];

  const askedId = asked?.organization.id;
  useEffect(() => {
    if (askedId) chooseOrganization(askedId);
  }, [askedId]);

  return <ChoiceContext value={current && { all, current }}>{children}</ChoiceContext>;
}

/** The organization shown, if there is one already. */
export function useChosenOrganization(): Membership | undefined {
  return use(ChoiceContext)?.current;
}

/** All of the person's organizations and the one shown. Only below DashboardLayout. */
export function useOrganizations(): Choice {
  const choice = use(ChoiceContext);
  if (!choice) throw new Error("useOrganizations() is for pages below DashboardLayout");
  return choice;
}

/** The organization shown, the person's role in it and its time zone. Only below DashboardLayout. */
export function useOrganization(): Membership {
  return useOrganizations().current;
}

function remembered(): string | null {
  try {
    return localStorage.getItem(storageKey);
  } catch {
    return null;
  }
}
