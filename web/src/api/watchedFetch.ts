import { limits, whileMoving } from "./limits";

/** What fetch does; an upload may want to watch its own progress. */
export type Fetch = (input: RequestInfo | URL, init?: RequestInit) => Promise<Response>;

/** From 0 to 1. */
export type OnProgress = (share: number) => void;

/**
 * fetch tells nothing while a body is being sent; XMLHttpRequest does. A large file may take as long as it moves; one that
 * stands still is given up.
 */
export function watchedFetch(onProgress: OnProgress | undefined, signal: AbortSignal | undefined): Fetch {
  return (input, init) =>
    new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      let why = new DOMException("Aborted", "AbortError");
      const watch = whileMoving(limits.piece, (tooLate) => {
        why = tooLate;
        request.abort();
      });
      request.open(init?.method ?? "GET", input instanceof Request ? input.url : input);
      new Headers(init?.headers).forEach((value, name) => request.setRequestHeader(name, value));
      request.upload.onprogress = (event) => {
        watch.moved();
        if (event.lengthComputable) onProgress?.(event.loaded / event.total);
      };
      request.onload = () => {
        watch.done();
        const lines = request.getAllResponseHeaders().split("\r\n").filter(Boolean);
        const headers = lines.map((line) => line.split(": ", 2) as [string, string]);
        resolve(new Response(request.responseText, { status: request.status, headers }));
      };
      request.onerror = () => {
        watch.done();
        reject(new TypeError("Failed to fetch"));
      };
      request.onabort = () => {
        watch.done();
        reject(why);
      };
      signal?.addEventListener("abort", () => request.abort(), { once: true });
      request.send(init?.body as XMLHttpRequestBodyInit | null);
    });
}
