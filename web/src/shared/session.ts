/**
 * Who is signed in. `expired` keeps the page and what is typed in it: a dialog asks for the password
 * (SessionOver.tsx), and the page goes on.
 */
import { useSyncExternalStore } from "react";
import { changeLocale, isLanguage } from "../i18n/locale";
import { account } from "../api/account";
import { signOut, watchSession, type User } from "../api/session";
import { draftsBelongTo, forgetDrafts } from "../design/drafts";
import { queryClient } from "./queryClient";

export type Session =
  | { status: "starting" | "signed-out" | "leaving"; user: null }
  | { status: "signed-in" | "expired"; user: User };

let session: Session = { status: "starting", user: null };
const listeners = new Set<() => void>();

// Written when somebody chooses to leave, so that other tabs can tell it from a session that ran out.
const leftKey = "left-at";

function publish(next: Session) {
  // Before anything is drawn for them. A session that ran out keeps its person, and what they typed.
  draftsBelongTo(next.user?.id ?? null);
  session = next;
  for (const listener of listeners) listener();
}

/** Called once, when the connection stands. */
export function startSession(): void {
  watchSession((change) => {
    if (change.kind === "signed-out") {
      if (session.status === "leaving" || session.status === "signed-out") return;
      if (session.status === "signed-in" && !choseToLeave())
        publish({ status: "expired", user: session.user });
      else {
        if (choseToLeave()) forgetDrafts();
        publish({ status: "signed-out", user: null });
      }
    } else if (change.user) {
      if (session.user && session.user.id !== change.user.id) queryClient.clear();
      const fresh = session.user?.id !== change.user.id;
      const resumed = session.status === "expired";
      publish({ status: "signed-in", user: change.user });
      forgetLeaving();
      if (resumed) void queryClient.invalidateQueries();
      if (fresh) void applyProfile(change.user.id);
    } else {
      publish({ status: "signed-out", user: null });
    }
  });
}

/** Signs out and goes home (or to `path`) by loading the page anew: nothing of this person stays in memory. */
export async function leave(path = "/"): Promise<void> {
  publish({ status: "leaving", user: null });
  forgetDrafts();
  try {
    localStorage.setItem(leftKey, String(Date.now()));
  } catch {
    // Storage is closed; then other tabs hold no session of ours either.
  }
  await signOut();
  location.assign(path);
}

export function useSession(): Session {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => session,
  );
}

/** The person who is signed in at this moment. */
export function signedInUser(): User | null {
  return session.user;
}

/** The same, once it is known: a page that opens does not know it at first. */
export function whoIsSignedIn(): Promise<User | null> {
  return new Promise((resolve) => {
    const tell = () => {
      if (session.status === "starting") return;
      listeners.delete(tell);
      resolve(session.user);
    };
    listeners.add(tell);
    tell();
  });
}

/** The person who is signed in; only below RequireSession. */
export function useUser(): User {
  const { user } = useSession();
  if (!user) throw new Error("useUser() is for pages below RequireSession");
  return user;
}

function forgetLeaving() {
  try {
    localStorage.removeItem(leftKey);
  } catch {
    // Storage is closed: there is nothing to forget.
  }
}

function choseToLeave(): boolean {
  try {
    return Date.now() - Number(localStorage.getItem(leftKey)) < 10_000;
  } catch {
    return false;
  }
}

/** The language and time zone of the profile hold on every device. */
async function applyProfile(userId: string) {
  try {
    const { locale, time_zone } = (await queryClient.query(account(userId))).profile;
    changeLocale({ ...(isLanguage(locale) && { language: locale }), timeZone: time_zone });
  } catch {
    // The page speaks the browser's language until the profile can be read.
  }
}
