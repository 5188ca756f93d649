/**
 * The connection to Supabase and to our functions. Only the other files of this folder import it;
 * a lint rule keeps pages out.
 */
import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "./database.types";
import { ApiError, asApiError, fromFunction, fromPostgrest } from "./errors";

/** /config.json, read at start: one build serves every stack. */
export type Config = {
  supabase_url: string;
  publishable_key: string;
  /** With `/functions/v1`. */
  functions_url: string;
  /** The page of the local mail sink; absent in production. */
  mail_url?: string;
};

let connection: { config: Config; supabase: SupabaseClient<Database> } | undefined;

/** Reads /config.json and connects. Throws ApiError `unavailable` when it is not there or not whole. */
export async function connect(): Promise<void> {
  const answer = await fetch("/config.json", { headers: { accept: "application/json" } }).catch(
    (error: unknown) => {
      throw asApiError(error);
    },
  );
  const config = (await answer.json().catch(() => undefined)) as Partial<Config> | undefined;
  if (!answer.ok || !config?.supabase_url || !config.publishable_key || !config.functions_url) {
    throw new ApiError("unavailable", {
      status: answer.status,
      detail: "config.json is missing or not whole",
    });
  }
  connection = {
    config: config as Config,
    supabase: createClient<Database>(config.supabase_url, config.publishable_key, {
      auth: {
        // A session in the address is taken only where our own e-mails lead, so that nobody can sign a
        // visitor in as somebody else with a prepared link to another page.
        detectSessionInUrl: (url, parameters) =>
          Boolean(parameters.access_token) && ["/sign-in", "/reset-password"].includes(url.pathname),
        // Not PKCE: people ask for the link on the laptop and open the mail on the phone.
        flowType: "implicit",
      },
    }),
  };
}

function connected() {
  if (!connection) throw new Error("connect() has not been called");
  return connection;
}

export function supabase(): SupabaseClient<Database> {
  return connected().supabase;
}

/** Where the local mail sink shows its mail; undefined in production. */
export function mailUrl(): string | undefined {
  return connected().config.mail_url;
}

type Answer<Data> = {
  data: Data;
  error: { message: string; code: string; details: string } | null;
  status: number;
};

/** Waits for a PostgREST call; gives its data or throws ApiError. */
export async function data<Data>(call: PromiseLike<Answer<Data>>): Promise<NonNullable<Data>> {
  const found = await dataOrNull(call);
  if (found === null || found === undefined) throw new ApiError("not_found", { status: 404 });
  return found;
}

/** The same where "nothing" is a good answer (`maybeSingle()`, a void function). */
export async function dataOrNull<Data>(call: PromiseLike<Answer<Data>>): Promise<Data> {
  const { data, error, status } = await call;
  if (error) throw failed(fromPostgrest(error, status));
  return data;
}

/** Passes an error on. After a 401 it asks for a fresh token: when there is none, watchSession says so. */
function failed(error: ApiError): ApiError {
  if (error.code === "sign_in_required") void supabase().auth.refreshSession();
  return error;
}

/** POSTs JSON to one of our functions as the person who is signed in. */
export async function callFunction<Result>(
  name: string,
  body: unknown,
  signal?: AbortSignal,
): Promise<Result> {
  const { data } = await supabase().auth.getSession();
  if (!data.session) throw new ApiError("sign_in_required", { status: 401 });
  let answer: Response;
  try {
    answer = await fetch(`${connected().config.functions_url}/${name}`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        authorization: `Bearer ${data.session.access_token}`,
        apikey: connected().config.publishable_key,
      },
      body: JSON.stringify(body),
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    throw asApiError(error);
  }
  const json = (await answer.json().catch(() => undefined)) as unknown;
  if (!answer.ok) throw failed(fromFunction(json, answer.status));
  return json as Result;
}
