// Part of a file, as players and the functions ask for it (`Range`, RFC 9110, 14); Lite gives files whole.
import { AsyncLocalStorage } from "node:async_hooks";
import { createReadStream } from "node:fs";
import { Readable } from "node:stream";

/** The range that the request asks for, while Lite answers it. */
const wantedRange = new AsyncLocalStorage();

/** Let the adapter read only what is wanted from the disk. */
export function mendDownloads(adapter) {
  adapter.getObject = async (bucket, path, version) => {
    const metadata = await adapter.headObject(bucket, path, version);
    const { size } = metadata;
    const range = rangeOf(wantedRange.getStore(), size);
    if (range === null) {
      const nothing = { ...metadata, contentLength: 0, contentRange: `bytes */${size}` };
      return { body: new Blob([]).stream(), metadata: nothing };
    }
    const body = Readable.toWeb(createReadStream(adapter.filePath(bucket, path), range));
    if (!range) return { body, metadata };
    const contentRange = `bytes ${range.start}-${range.end}/${size}`;
    return { body, metadata: { ...metadata, contentLength: range.end - range.start + 1, contentRange } };
  };
}

/** `{start, end}`, both included; nothing for the whole file; null for what is not in it. */
function rangeOf(header, size) {
  const [, from, to] = header?.match(/^bytes=(\d*)-(\d*)$/) ?? [];
  if (!from && !to) return;
  const start = from ? Number(from) : Math.max(size - Number(to), 0);
  const end = Math.min(from && to ? Number(to) : size - 1, size - 1);
  return start <= end && (from || Number(to) > 0) ? { start, end } : null;
}

/**
 * A file, or the part of it that is asked for. HEAD is answered as GET, without the body. `ask` passes a request on
 * to Lite.
 */
export async function download(request, url, ask) {
  const isHead = request.method === "HEAD";
  const range = isHead ? undefined : (request.headers.get("range") ?? undefined);
  const asked = new Request(url, { method: "GET", headers: request.headers });
  const response = await wantedRange.run(range, () => ask(asked));
  const { headers } = response;
  const part = headers.get("content-range");
  if (part?.startsWith("bytes */")) {
    await response.body.cancel();
    return Response.json(
      { statusCode: "416", error: "InvalidRange", message: "The file has not so many bytes." },
      { status: 416, headers: { "content-range": part, "accept-ranges": "bytes" } },
    );
  }
  const status = part ? 206 : response.status;
  if (!isHead) return new Response(response.body, { status, headers });
  await response.body?.cancel();
  return new Response(null, { status, headers });
}
