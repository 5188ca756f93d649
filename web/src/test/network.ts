/** The network, and nothing nearer: what Supabase and our functions would answer, call by call. */
import { vi } from "vitest";
import { connect, watchSession } from "../api/session";
import { startSession } from "../shared/session";

export type Call = { method: string; path: string; query: URLSearchParams; body: unknown };
type Answer = { status?: number; body?: unknown };
/** By `POST /rest/v1/rpc/claim_story`; a function sees what was asked. */
export type Answers = Record<string, Answer | ((call: Call) => Answer)>;

const api = "http://api.test";
const config = { supabase_url: api, publishable_key: "key", functions_url: `${api}/functions/v1` };

// The client is made once: two of them in one browser would watch the same session.
let connected: Promise<void> | undefined;

/** Answers from now on, until the test ends; gives the list of what was asked. What has no answer is a 500. */
export async function answering(answers: Answers): Promise<Call[]> {
  const calls: Call[] = [];
  vi.stubGlobal("fetch", async (input: RequestInfo | URL, init?: RequestInit) => {
    const request = new Request(new URL(input instanceof Request ? input.url : input, api), init);
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/config.json") return Response.json(config);
    const text = await request.text();
    const call: Call = {
      method: request.method,
      path: pathname,
      query: searchParams,
      body: text ? (JSON.parse(text) as unknown) : undefined,
    };
    calls.push(call);
    const found = answers[`${call.method} ${pathname}`];
    const { status = 200, body } = typeof found === "function" ? found(call) : (found ?? { status: 500 });
    return new Response(body === undefined ? null : JSON.stringify(body), {
      status,
      headers: { "content-type": "application/json" },
    });
  });
  await (connected ??= connect());
  return calls;
}

/** The person who is signed in after `signedIn()`. */
export const me = { id: "u1", email: "vera@example.test" };
let started: Promise<void> | undefined;

/** Signs `me` in as a reload finds them: the session lies in the browser. After `answering`. */
export function signedIn(): Promise<void> {
  const later = Math.floor(Date.now() / 1000) + 3600;
  const part = (value: object) => btoa(JSON.stringify(value)).replace(/=+$/, "");
  localStorage.setItem(
    "sb-api-auth-token",
    JSON.stringify({
      access_token: `${part({ alg: "HS256" })}.${part({ sub: me.id, exp: later })}.x`,
      refresh_token: "x",
      token_type: "bearer",
      expires_in: 3600,
      expires_at: later,
      user: { ...me, app_metadata: {}, user_metadata: {}, aud: "", created_at: "" },
    }),
  );
  return (started ??= new Promise((resolve) => {
    startSession();
    watchSession(() => resolve());
  }));
}

/** A file on its way to Storage. */
export type Upload = {
  path: string;
  progress: (share: number) => void;
  /** It has arrived, or was refused. */
  answer: (status?: number, body?: unknown) => void;
  /** The connection is gone. */
  lose: () => void;
  isAborted: () => boolean;
};

/** What is sent with XMLHttpRequest from now on, which alone tells how far it has come. */
export function uploading(): Upload[] {
  const uploads: Upload[] = [];
  class Sent {
    status = 0;
    responseText = "";
    upload: { onprogress?: (event: object) => void } = {};
    onload?: () => void;
    onerror?: () => void;
    onabort?: () => void;
    private path = "";
    private isAborted = false;
    open(_method: string, url: string) {
      this.path = new URL(url).pathname;
    }
    setRequestHeader() {
      // What is sent along is not looked at.
    }
    getAllResponseHeaders = () => "content-type: application/json\r\n";
    abort() {
      this.isAborted = true;
      this.onabort?.();
    }
    send() {
      uploads.push({
        path: this.path,
        progress: (share) => this.upload.onprogress?.({ lengthComputable: true, loaded: share, total: 1 }),
        answer: (status = 200, body = { Key: "x" }) => {
          this.status = status;
          this.responseText = JSON.stringify(body);
          this.onload?.();
        },
        lose: () => this.onerror?.(),
        isAborted: () => this.isAborted,
      });
    }
  }
  vi.stubGlobal("XMLHttpRequest", Sent);
  return uploads;
}
