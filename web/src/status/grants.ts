import { useEffect, useState } from "react";
import type { HeldLevel, StatusLevel } from "../api/statuses";

const storageKey = "grants-seen";
const kept = 50;

/**
 * Whether this person sees this grant for the first time, in this browser: then its seal is stamped, and never again.
 * A grant is known by its level and its moment.
 */
export function useIsNewGrant(held: HeldLevel | undefined): boolean {
  return useIsNew(held && `${held.level} ${held.since}`);
}

/**
 * The same for a level that was just paid for, where the moment of its grant is not known: whatever grant of the level is
 * seen next has been stamped with it.
 */
export function useIsNewPayment(level: StatusLevel, paymentId: string): boolean {
  return useIsNew(`${level} ${paymentId}`, `${level} ${whatever}`);
}

const whatever = "*";

function useIsNew(grant: string | undefined, next?: string): boolean {
  const [first, setFirst] = useState({ grant, isNew: isNew(grant) });
  if (first.grant !== grant) setFirst({ grant, isNew: isNew(grant) });
  useEffect(() => {
    // An answer that is opened once more promises nothing for the next grant.
    if (grant && !(next && seen().includes(grant))) remember(grant, next);
  }, [grant, next]);
  return first.isNew;
}

const isNew = (grant: string | undefined) =>
  grant !== undefined && !seen().some((one) => one === grant || one === nextOf(grant));

const nextOf = (grant: string) => `${grant.split(" ")[0]} ${whatever}`;

function remember(grant: string, next?: string): void {
  const others = seen().filter((one) => one !== grant && one !== nextOf(grant));
  try {
    localStorage.setItem(storageKey, [...(next ? [next] : []), grant, ...others].slice(0, kept).join("\n"));
  } catch {
    // Storage is closed: the next page stamps it once more.
  }
}

function seen(): string[] {
  try {
    return localStorage.getItem(storageKey)?.split("\n") ?? [];
  } catch {
    return [];
  }
}
