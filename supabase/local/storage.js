// What storage-js and storage3 send and expect, and Lite does not.
import { isGoodToken, isSignedIn } from "./bodies.js";
import { download } from "./ranges.js";

const LARGEST = 110 * 1024 * 1024; // of a bucket without a limit, as supabase/config.toml says
const FRAME = 64 * 1024; // bytes that a form may add to a file

/** The size of the largest body an upload may have, by its bucket; nothing when this is none. */
export async function largestUpload({ connection }, request, url) {
  if (!["POST", "PUT"].includes(request.method)) return;
  const signed = url.pathname.match(/^\/storage\/v1\/object\/upload\/sign\/([^/]+)\//);
  const bucket = signed ?? url.pathname.match(/^\/storage\/v1\/object\/([^/]+)\//);
  const mayUpload = signed ? isGoodToken(url.searchParams.get("token")) : isSignedIn(request, url);
  if (!bucket || !mayUpload) return;
  const [found] = await connection.driver`
    select file_size_limit from storage.buckets where id = ${bucket[1]}`;
  if (found) return Number(found.file_size_limit ?? LARGEST) + FRAME;
}

/** Answer a request to /storage/v1 as a hosted project does. `ask` passes a request on to Lite. */
export async function storage(request, url, ask) {
  const { method } = request;
  const path = url.pathname.replace(/^\/storage\/v1/, "").replace(/^\/object\/authenticated\//, "/object/");
  const ofLite = new URL(`/storage/v1${path}${url.search}`, url);
  if (method === "POST" && /^\/object\/sign\/[^/]+$/.test(path)) return signAll(request, ofLite, ask);
  if (method === "POST" && path.startsWith("/object/list/")) return list(request, ofLite, ask);
  const token = path.match(/^\/object\/(upload\/)?sign\//) && url.searchParams.get("token");
  if (token && !isGoodToken(token))
    // Lite takes one it does not understand for an accident of its own (500)
    return refuse("InvalidJWT", "The signed address is wrong, or its time is over.");
  const isDownload = ["GET", "HEAD"].includes(method) && /^\/object\/(?!info\/)/.test(path);
  if (isDownload) return download(request, ofLite, ask);
  const response = await ask(await asRawUpload(request, ofLite));
  if (method === "POST" && path.startsWith("/object/sign/")) return withJson(response, asSigned);
  if (method === "POST" && path.startsWith("/object/upload/sign/")) return withJson(response, asSignedUpload);
  return response;
}

/**
 * Uploads come as a form with the file under any name (storage-js: none at all); Lite wants `file`, or no
 * form.
 */
async function asRawUpload(request, url) {
  const isForm = request.headers.get("content-type")?.startsWith("multipart/form-data");
  if (!isForm) return new Request(url, request);
  const form = await request.formData();
  const file = [...form.values()].find((value) => typeof value !== "string") ?? new Blob();
  const headers = new Headers(request.headers);
  headers.set("content-type", file.type || "application/octet-stream");
  headers.set("content-length", String(file.size));
  if (form.get("cacheControl")) headers.set("cache-control", `max-age=${form.get("cacheControl")}`);
  if (form.get("metadata")) headers.set("x-metadata", Buffer.from(form.get("metadata")).toString("base64"));
  return new Request(url, { method: request.method, headers, body: await file.arrayBuffer() });
}

function refuse(error, message) {
  return Response.json({ statusCode: "400", error, message }, { status: 400 });
}

/** Signed addresses are called `signedURL` (`url` for an upload) and do not repeat `/storage/v1`. */
const asSigned = ({ signedUrl }) => ({ signedURL: signedUrl.replace("/storage/v1", "") });
const asSignedUpload = ({ signedUrl, token }) => ({ url: signedUrl.replace("/storage/v1", ""), token });

/** Many at once: Lite's own route for that is hidden behind the one for a single address. */
async function signAll(request, url, ask) {
  const { paths = [], expiresIn } = await request.json();
  const { headers } = request;
  const signOne = async (path) => {
    const one = new URL(`${url.pathname}/${path.split("/").map(encodeURIComponent).join("/")}`, url);
    const body = JSON.stringify({ expiresIn });
    const response = await ask(new Request(one, { method: "POST", headers: withoutLength(headers), body }));
    const answer = await response.json();
    return response.ok
      ? { path, error: null, ...asSigned(answer) }
      : { path, error: answer.message, signedURL: null };
  };
  return Response.json(await Promise.all(paths.map(signOne)));
}

/** Names in a list are relative to the folder that was asked for, and what lies deeper shows as a folder. */
async function list(request, url, ask) {
  const { prefix = "" } = await request.clone().json();
  const folder = prefix.replace(/^\/+|\/+$/g, "");
  const start = folder ? `${folder}/` : "";
  const relative = (items) => {
    const found = new Map();
    for (const item of items) {
      const name = item.name.startsWith(start) ? item.name.slice(start.length) : item.name;
      const [first, ...deeper] = name.split("/");
      found.set(first, deeper.length ? { name: first, id: null, metadata: null } : { ...item, name });
    }
    return [...found.values()];
  };
  return withJson(await ask(new Request(url, request)), relative);
}

async function withJson(response, change) {
  if (!response.ok) return response;
  return Response.json(change(await response.json()), {
    status: response.status,
    headers: withoutLength(response.headers),
  });
}

function withoutLength(headers) {
  const others = new Headers(headers);
  others.delete("content-length");
  return others;
}
