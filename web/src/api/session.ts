import { auth, mailUrl } from "./client";
import { canonicalEmail } from "./emails";
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

/** A password in one form, however its letters were composed. */
const asStored = (password: string) => password.normalize("NFC");

/**
 * `confirm`: look into the mailbox. Whoever has an account already gets an e-mail that says so, and the answer is the
 * same: nobody learns here who is registered. `next`: the page to go on to, once the address is confirmed.
 */
export async function signUp(
  person: {
    email: string;
    password: string;
    fullName: string;
    locale: string;
    timeZone: string;
    /** The versions of the texts they agree to. */
    consents: Record<string, number>;
  },
  next: string,
): Promise<"signed-in" | "confirm"> {
  const { data, error } = await auth().signUp({
    email: canonicalEmail(person.email),
    password: asStored(person.password),
    options: {
      data: {
        full_name: person.fullName,
        locale: person.locale,
        time_zone: person.timeZone,
        consents: person.consents,
      },
      emailRedirectTo: `${location.origin}${next}`,
    },
  });
  // "Asked too soon" is said only of addresses that wait for their confirmation; its e-mail is on its way.
  if (error?.code === "over_email_send_rate_limit") return "confirm";
  if (error) throw fromAuth(error);
  // So a hosted project answers for an address it knows, and writes nobody.
  if (data.user?.identities?.length === 0) await requestPasswordReset(person.email);
  return data.session ? "signed-in" : "confirm";
}

/** Sends the confirmation once more; the answer is the same whether there is anything to confirm. */
export async function resendConfirmation(email: string, next: string): Promise<void> {
  const { error } = await auth().resend({
    type: "signup",
    email: canonicalEmail(email),
    options: { emailRedirectTo: `${location.origin}${next}` },
  });
  if (error && error.code !== "over_email_send_rate_limit") throw fromAuth(error);
}

export async function signIn(email: string, password: string): Promise<void> {
  const { error } = await auth().signInWithPassword({
    email: canonicalEmail(email),
    password: asStored(password),
  });
  if (error) throw fromAuth(error);
}

/** Signs out on this device only. It works without a network too: the session is forgotten here. */
export async function signOut(): Promise<void> {
  await auth().signOut({ scope: "local" });
}

/** Sends the link by which a new password can be set; the answer is the same whether the address is known. */
export async function requestPasswordReset(email: string): Promise<void> {
  const { error } = await auth().resetPasswordForEmail(canonicalEmail(email), {
    redirectTo: `${location.origin}/dashboard`,
  });
  // "Asked too soon" is said only of addresses that exist; the e-mail of a moment ago is on its way anyway.
  if (error && error.code !== "over_email_send_rate_limit") throw fromAuth(error);
}

/** What a link of our e-mails is for. */
export type LinkType = "signup" | "recovery" | "email_change";

/**
 * Takes the link of an e-mail at its word. Only when a button is pressed: a mail scanner that opens the page does not
 * use it up. `half`: the other mailbox has to confirm too. Otherwise whom it belongs to is signed in.
 */
export async function openLink(tokenHash: string, type: LinkType): Promise<"signed-in" | "half"> {
  const { data, error } = await auth().verifyOtp({ token_hash: tokenHash, type });
  if (error) throw fromAuth(error);
  return data.session ? "signed-in" : "half";
}

/** Asks both mailboxes, the old and the new; the address changes when both have said yes. */
export async function requestEmailChange(email: string): Promise<void> {
  const { error } = await auth().updateUser(
    { email: canonicalEmail(email) },
    { emailRedirectTo: `${location.origin}/account` },
  );
  if (error) throw fromAuth(error);
}

/** Sets the password. Supabase then ends the sessions on every other device: whoever knew the old one is out. */
export async function setPassword(password: string): Promise<void> {
  const { error } = await auth().updateUser({ password: asStored(password) });
  if (error) throw fromAuth(error);
}

/** The page where the local stack shows the mail it did not send; undefined in production. */
export function localMailbox(): string | undefined {
  return mailUrl();
}
