/**
 * The organization the dashboard shows. It is remembered on this device, for each person who signs in here;
 * `?organization=<slug>` in an address (a link in an e-mail, a shared link) goes before what is remembered.
 */
import { createContext, use, useEffect, useSyncExternalStore, type ReactNode } from "react";
import { useSearchParams } from "react-router";
import type { Membership } from "../api/organizations";
import { signedInUser, useSession } from "./session";

type Choice = { all: readonly Membership[]; current: Membership };

const ChoiceContext = createContext<Choice | undefined>(undefined);
const listeners = new Set<() => void>();
/** By person; what was chosen since the page was opened, also where storage is closed. */
const chosen = new Map<string, string>();

/** Shows this organization in the dashboard from now on; call it after creating one, too. */
export function chooseOrganization(organizationId: string): void {
  const user = signedInUser();
  if (!user) return;
  chosen.set(user.id, organizationId);
  try {
    localStorage.setItem(storageKey(user.id), organizationId);
  } catch {
    // Storage is closed: the choice lasts as long as the page.
  }
  for (const listener of listeners) listener();
}

const storageKey = (userId: string) => `organization:${userId}`;

/** The organization that this person was shown last on this device; undefined before the first. */
export function chosenOrganization(userId: string): string | undefined {
  const now = chosen.get(userId);
  if (now) return now;
  try {
    return localStorage.getItem(storageKey(userId)) ?? undefined;
  } catch {
    return undefined;
  }
}

/** While `all` is empty there is no choice, and nothing below may ask for it. */
export function OrganizationProvider({ all, children }: { all: readonly Membership[]; children: ReactNode }) {
  const { user } = useSession();
  const remembered = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => user && chosenOrganization(user.id),
  );
  const [parameters] = useSearchParams();
  const asked = all.find(({ organization }) => organization.slug === parameters.get("organization"));
  const current = asked ?? all.find(({ organization }) => organization.id === remembered) ?? all[0];

  const shownId = current?.organization.id;
  useEffect(() => {
    if (shownId) chooseOrganization(shownId);
  }, [shownId]);

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
