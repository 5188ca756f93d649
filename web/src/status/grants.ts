import { useEffect, useState } from "react";
import type { HeldLevel } from "../api/statuses";

const storageKey = "grants-seen";
const kept = 50;

/**
 * Whether this person sees this grant for the first time, in this browser: then its seal is stamped, and never again.
 * A grant is known by its level and its moment.
 */
export function useIsNewGrant(held: HeldLevel | undefined): boolean {
  const grant = held && `${held.level} ${held.since}`;
  const [first, setFirst] = useState({ grant, isNew: isNew(grant) });
  if (first.grant !== grant) setFirst({ grant, isNew: isNew(grant) });
  useEffect(() => {
    if (grant) remember(grant);
  }, [grant]);
  return first.isNew;
}

const isNew = (grant: string | undefined) => grant !== undefined && !seen().includes(grant);

function remember(grant: string): void {
  try {
    localStorage.setItem(
      storageKey,
      [grant, ...seen().filter((one) => one !== grant)].slice(0, kept).join("\n"),
    );
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
