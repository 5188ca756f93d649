import { auth, mailUrl } from "./client";
import { fromAuth } from "./errors";

export { connect } from "./client";

export type User = { id: string; email: string };

export type SessionChange =
  /** The first word: who is signed in when the page opens. */
  | { kind: "start"; user: User | null }
  | { kind: "signed-in"; user: User }
  /** Signed out here, in another tab, or because the session ended. */
  | { kind: "signed-out" };

/** Tells of every change of the session, starting with its state now. Gives the function that stops it. */
export function watchSession(tell: (change: SessionChange) => void): () => void {
  const { data } = auth().onAuthStateChange((event, session) => {
    const user = session ? { id: session.user.id, email: session.user.email ?? "" } : null;
    if (event === "INITIAL_SESSION") tell({ kind: "start", user });
    else if (event === "SIGNED_OUT") tell({ kind: "signed-out" });
    else if (user) tell({ kind: "signed-in", user });
  });
  return () => data.subscription.unsubscribe();
}

/** `confirm`: the account waits until the link in the e-mail is opened. */
export async function signUp(person: {
  email: string;
  password: string;
  fullName: string;
  locale: string;
  timeZone: string;
}): Promise<"signed-in" | "confirm"> {
  const { data, error } = await auth().signUp({
    email: person.email,
    password: person.password,
    options: {
      data: { full_name: person.fullName, locale: person.locale, time_zone: person.timeZone },
      emailRedirectTo: `${location.origin}/sign-in`,
    },
  });
  if (error) throw fromAuth(error);
  return data.session ? "signed-in" : "confirm";
}

export async function signIn(email: string, password: string): Promise<void> {
  const { error } = await auth().signInWithPassword({ email, password });
  if (error) throw fromAuth(error);
}

/** Signs out on this device only. It works without a network too: the session is forgotten here. */
export async function signOut(): Promise<void> {
  await auth().signOut({ scope: "local" });
}

/** Sends the link by which a new password can be set; the answer is the same whether the address is known. */
export async function requestPasswordReset(email: string): Promise<void> {
  const { error } = await auth().resetPasswordForEmail(email, {
    redirectTo: `${location.origin}/reset-password`,
  });
  // "Asked too soon" is said only of addresses that exist; the letter of a moment ago is on its way anyway.
  if (error && error.code !== "over_email_send_rate_limit") throw fromAuth(error);
}

/** For an e-mail template that carries `token_hash`: a mail scanner that opens the link does not use it up. */
export async function openRecovery(tokenHash: string): Promise<void> {
  const { error } = await auth().verifyOtp({ token_hash: tokenHash, type: "recovery" });
  if (error) throw fromAuth(error);
}

/** Sets the password. Supabase then ends the sessions on every other device: whoever knew the old one is out. */
export async function setPassword(password: string): Promise<void> {
  const { error } = await auth().updateUser({ password });
  if (error) throw fromAuth(error);
}

/** The page where the local stack shows the mail it did not send; undefined in production. */
export function localMailbox(): string | undefined {
  return mailUrl();
}
