/**
 * The connection to Supabase and to our functions. Only the other files of this folder import it;
 * a lint rule keeps pages out.
 *
 * It is put together from the two parts of supabase-js that are used, Auth and PostgREST: the whole carries
 * Realtime too, and a buyer who opens a page from a QR code would wait for 27 kB more.
 */
import { GoTrueClient } from "@supabase/auth-js";
import { PostgrestClient } from "@supabase/postgrest-js";
import type { StorageClient } from "@supabase/storage-js";
import type { Database } from "./database.types";
import { ApiError, asApiError, fromFunction, fromPostgrest } from "./errors";
import { limitedFetch, limits, whileMoving } from "./limits";
import { watchedFetch, type Fetch, type OnProgress } from "./watchedFetch";

/** /config.json, read at start: one build serves every stack. */
export type Config = {
  supabase_url: string;
  publishable_key: string;
  /** With `/functions/v1`. */
  functions_url: string;
  /** The page of the local mail sink; absent in production. */
  mail_url?: string;
};

type Connection = { config: Config; auth: GoTrueClient; database: PostgrestClient<Database> };

let connection: Connection | undefined;

/** Reads /config.json and connects. Throws ApiError `unavailable` when it is not there or not whole. */
export async function connect(): Promise<void> {
  const answer = await limitedFetch("/config.json", { headers: { accept: "application/json" } }).catch(
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
  connection = open(config as Config);
}

function open(config: Config): Connection {
  const headers = { apikey: config.publishable_key };
  const auth = new GoTrueClient({
    url: `${config.supabase_url}/auth/v1`,
    headers,
    fetch: (input, init) => limitedFetch(input, init),
    // The name supabase-js gives it.
    storageKey: `sb-${new URL(config.supabase_url).hostname.split(".")[0] ?? ""}-auth-token`,
    // Nobody is signed in as somebody else by a prepared link: our e-mails lead to /confirm, which asks first.
    detectSessionInUrl: false,
    // Not PKCE: people ask for the link on the laptop and open the mail on the phone.
    flowType: "implicit",
  });
  const database = new PostgrestClient<Database>(`${config.supabase_url}/rest/v1`, {
    headers,
    fetch: async (input, init) => {
      const { data } = await auth.getSession();
      const sent = new Headers(init?.headers);
      // The key alone makes the call a visitor's; it is never sent as a token.
      if (data.session) sent.set("authorization", `Bearer ${data.session.access_token}`);
      return limitedFetch(input, { ...init, headers: sent });
    },
    // TanStack Query tries again; twice over would keep the reader waiting for the error.
    retry: false,
  });
  return { config, auth, database };
}

function connected(): Connection {
  if (!connection) throw new Error("connect() has not been called");
  return connection;
}

export function auth(): GoTrueClient {
  return connected().auth;
}

export function database(): PostgrestClient<Database> {
  return connected().database;
}

/** Supabase Storage as the person who is signed in. Its code is loaded when a file is first sent or shown. */
export async function storage(fetching: Fetch = limitedFetch): Promise<StorageClient> {
  const { StorageClient } = await import("@supabase/storage-js");
  const { config, auth } = connected();
  const { data } = await auth.getSession();
  if (!data.session) throw new ApiError("sign_in_required", { status: 401 });
  const headers = {
    apikey: config.publishable_key,
    authorization: `Bearer ${data.session.access_token}`,
  };
  return new StorageClient(`${config.supabase_url}/storage/v1`, headers, fetching);
}

/** The address of a file in a public bucket. */
export function publicAddress(bucket: string, path: string): string {
  return `${connected().config.supabase_url}/storage/v1/object/public/${bucket}/${path}`;
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
  if (error.code === "sign_in_required") void auth().refreshSession();
  return error;
}

/** POSTs JSON to one of our functions as the person who is signed in. */
export async function callFunction<Result>(
  name: string,
  body: unknown,
  signal?: AbortSignal,
  limit = limits.function,
): Promise<Result> {
  const answer = await askFunction(name, JSON.stringify(body), "application/json", {
    fetching: (input, init) => limitedFetch(input, init, limit),
    signal,
  });
  const json = await jsonOf(answer);
  if (!answer.ok) throw failed(fromFunction(json, answer.status, answer.headers.get("retry-after")));
  return json as Result;
}

/** The same with a file as it is; `isAnswer` tells a refusal that is an answer too, such as a list of mistakes. */
export async function sendToFunction<Result>(
  address: string,
  file: Blob,
  isAnswer: (json: unknown) => boolean,
  { onProgress, signal }: { onProgress?: OnProgress; signal?: AbortSignal } = {},
): Promise<Result> {
  const answer = await askFunction(address, file, "text/csv", {
    signal,
    fetching: watchedFetch(onProgress, signal),
  });
  const json = await jsonOf(answer);
  if (!answer.ok && !isAnswer(json))
    throw failed(fromFunction(json, answer.status, answer.headers.get("retry-after")));
  return json as Result;
}

/** What a function said; undefined when that is no JSON. */
async function jsonOf(answer: Response): Promise<unknown> {
  try {
    return await answer.json();
  } catch (error) {
    // The answer was cut off, which is not the same as one that says nothing.
    if (!(error instanceof SyntaxError)) throw asApiError(error);
    return undefined;
  }
}

/** The same where a file comes back; `onPiece` is told of each piece of it. */
export async function fileFromFunction(
  name: string,
  body: unknown,
  { onPiece, signal }: { onPiece?: (piece: Uint8Array) => void; signal?: AbortSignal } = {},
): Promise<Blob> {
  const answer = await coming(
    (end) =>
      askFunction(name, JSON.stringify(body), "application/json", {
        signal: signal ? AbortSignal.any([signal, end]) : end,
      }),
    onPiece,
  );
  if (answer.file) return answer.file;
  throw failed(fromFunction(answer.json, answer.status, answer.retryAfter));
}

/** GETs a file that anybody may have. */
export async function publicFile(address: string): Promise<Blob> {
  const answer = await coming((signal) =>
    fetch(`${connected().config.functions_url}/${address}`, { signal }),
  );
  if (answer.file) return answer.file;
  throw failed(fromFunction(answer.json, answer.status, answer.retryAfter));
}

type Come = { file: Blob } | { file?: undefined; json: unknown; status: number; retryAfter: string | null };

/** A file may take as long as it moves. */
async function coming(
  ask: (end: AbortSignal) => Promise<Response>,
  onPiece?: (piece: Uint8Array) => void,
): Promise<Come> {
  const end = new AbortController();
  const watch = whileMoving(limits.piece, (why) => end.abort(why));
  try {
    const answer = await ask(end.signal);
    if (!answer.ok)
      return {
        json: await jsonOf(answer),
        status: answer.status,
        retryAfter: answer.headers.get("retry-after"),
      };
    const moved = (piece: Uint8Array) => {
      watch.moved();
      onPiece?.(piece);
    };
    return {
      file: await (
        answer.body ? new Response(watched(answer.body, moved), { headers: answer.headers }) : answer
      ).blob(),
    };
  } catch (error) {
    throw asApiError(error);
  } finally {
    watch.done();
  }
}

function watched(body: ReadableStream<Uint8Array>, onPiece: (piece: Uint8Array) => void) {
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(piece, out) {
        onPiece(piece);
        out.enqueue(piece);
      },
    }),
  );
}

export type Health = { jobs: { job: string; last_ok_at: string | null; late: boolean }[] };

/** How the platform is. It answers also when something is not well. */
export async function askHealth(signal: AbortSignal): Promise<Health> {
  try {
    return (await (
      await limitedFetch(`${connected().config.functions_url}/health`, { signal })
    ).json()) as Health;
  } catch (error) {
    throw asApiError(error);
  }
}

async function askFunction(
  address: string,
  body: string | Blob,
  type: string,
  { signal, fetching = fetch }: { signal?: AbortSignal | undefined; fetching?: Fetch } = {},
): Promise<Response> {
  const { data } = await auth().getSession();
  if (!data.session) throw new ApiError("sign_in_required", { status: 401 });
  try {
    return await fetching(`${connected().config.functions_url}/${address}`, {
      method: "POST",
      headers: {
        "content-type": type,
        authorization: `Bearer ${data.session.access_token}`,
        apikey: connected().config.publishable_key,
      },
      body,
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    throw asApiError(error);
  }
}
