/**
 * What somebody types into a form, kept in this tab until it is sent. A draft belongs to the person who typed it:
 * whoever signs in next in the same tab does not see it, and it goes when its writer leaves.
 */

let writer = "";

/** Says who types from now on; null: nobody is signed in. */
export function draftsBelongTo(userId: string | null): void {
  writer = userId ?? "";
}

/** Drops whatever anybody typed in this tab. */
export function forgetDrafts(): void {
  try {
    for (const key of Object.keys(sessionStorage)) {
      if (key.startsWith("draft:")) sessionStorage.removeItem(key);
    }
  } catch {
    // Storage is closed: there is nothing to forget.
  }
}

/** What was kept under this name by the person who is signed in. */
export function readDraft(name: string): unknown {
  try {
    return JSON.parse(sessionStorage.getItem(keyOf(name)) ?? "null") ?? undefined;
  } catch {
    return undefined;
  }
}

/** Keeps it; undefined forgets it. */
export function writeDraft(name: string, values: unknown): void {
  try {
    if (values === undefined) sessionStorage.removeItem(keyOf(name));
    else sessionStorage.setItem(keyOf(name), JSON.stringify(values));
  } catch {
    // Storage is closed or full: the page itself still holds what was typed.
  }
}

const keyOf = (name: string) => `draft:${writer}:${name}`;
