// Serves the API on 127.0.0.1. PORT, FUNCTIONS_PORT and what config.js names come from the environment.
import http from "node:http";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { serve } from "@hono/node-server";
import { createApps } from "./app.js";
import { arrival, isSignedIn, OF_PEOPLE, OF_VISITORS, readBody, Refused } from "./bodies.js";
import { wantedRedirect } from "./mail.js";
import { embedsTooMuch, mendArguments } from "./rest.js";
import { largestUpload, storage } from "./storage.js";

const { FUNCTIONS_PORT, PORT } = process.env;
/** The largest body that any function takes (`qr_import`); each says for itself what it takes. */
const OF_FUNCTIONS = 5 * 1024 * 1024;

const apps = await createApps();
const server = serve({
  fetch: answer,
  hostname: "127.0.0.1",
  port: Number(PORT),
  serverOptions: { headersTimeout: 10_000 },
});

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    server.close();
    server.closeAllConnections();
    setTimeout(() => process.exit(0), 1000); // a database that is gone already would be waited for, for ever
    apps.close().finally(() => process.exit(0));
  });
}

/**
 * The four services of a hosted project, and nothing else: Lite has routes of its own (`/_system/info` tells
 * anybody the database's address), which are not reached.
 */
const SERVICES = {
  rest: {
    answer: rest,
    limit: mostOfRest,
    refuse: ({ status, code, message }) => ({
      code: `PT${status}`,
      message: code,
      details: message,
      hint: null,
    }),
  },
  auth: {
    answer: auth,
    limit: () => OF_VISITORS,
    refuse: ({ status, code, message }) => ({ code: status, error_code: code, msg: message }),
  },
  storage: {
    answer: (request, url) => storage(request, url, apps.storage.fetch),
    limit: async (request, url) =>
      (await largestUpload(apps.storage, request, url)) ?? mostOfRest(request, url),
    refuse: ({ status, code, message }) => ({ statusCode: String(status), error: code, message }),
  },
};

async function answer(request, { incoming }) {
  const url = new URL(request.url);
  const name = url.pathname.match(/^\/(rest|auth|storage|functions)\/v1(\/|$)/)?.[1];
  if (!name) return new Response("Not found\n", { status: 404, headers: { "content-type": "text/plain" } });
  if (name === "functions") return callFunction(incoming, url);
  if (request.method === "OPTIONS") return new Response(null, { headers: crossOrigin(request) });
  const response = await answerWhole(SERVICES[name], request, url, incoming);
  const headers = new Headers(response.headers);
  for (const [name, value] of crossOrigin(request)) headers.set(name, value);
  const body = name === "rest" ? await forBrowsers(request, response, headers) : response.body;
  return new Response(body, { status: response.status, statusText: response.statusText, headers });
}

/** A hosted project's proxy compresses answers; here it is done for browsers, which are far away in measurements alone. */
async function forBrowsers(request, response, headers) {
  const isWanted = request.headers.has("origin") && request.headers.get("accept-encoding")?.includes("gzip");
  if (!isWanted || !response.body || request.method === "HEAD") return response.body;
  const body = Buffer.from(await response.arrayBuffer());
  if (body.length < 1000) return body;
  headers.set("content-encoding", "gzip");
  headers.delete("content-length");
  return gzipSync(body);
}

/** A service's answer to a request whose body came whole; or why it did not. */
async function answerWhole(service, request, url, incoming) {
  const { method, headers } = request;
  try {
    const most = ["GET", "HEAD"].includes(method) ? 0 : await service.limit(request, url);
    const body = await readBody(incoming, most);
    return await service.answer(new Request(url, { method, headers, ...(body.length && { body }) }), url);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return Response.json(service.refuse(error), { status: error.status });
  }
}

async function rest(request, url) {
  if (embedsTooMuch(url)) {
    const message = "This embeds more tables, or deeper, than is taken";
    return Response.json(
      { code: "PGRST100", message, details: null, hint: "Ask for them one by one." },
      { status: 400 },
    );
  }
  return apps.rest.fetch(await mendArguments(apps.rest, request, url));
}

async function auth(request, url) {
  return wantedRedirect.run(url.searchParams.get("redirect_to"), () => apps.auth.fetch(request));
}

function mostOfRest(request, url) {
  return isSignedIn(request, url) ? OF_PEOPLE : OF_VISITORS;
}

/**
 * Any site may call a Supabase API: what protects it is the key and the person's token. Lite says so only
 * in places.
 */
function crossOrigin(request) {
  const wanted = request.headers.get("access-control-request-headers");
  return new Headers({
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "Content-Range, Content-Location, Preference-Applied, X-Sb-Error-Code",
    ...(request.method === "OPTIONS" && {
      "access-control-allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
      "access-control-allow-headers": wanted ?? "authorization, apikey, content-type, prefer, x-client-info",
      "access-control-max-age": "3600",
    }),
  });
}

/**
 * Lite has no functions; ours run in a process of their own, which also says who may call them from where. A
 * function first sees how large a body is, and gets it when it asks for it (100-continue): one that it refuses
 * is read by nobody.
 */
async function callFunction(incoming, { pathname, search }) {
  let call;
  try {
    const caller = incoming.socket.remoteAddress;
    const headers = endToEnd({
      ...incoming.headers,
      "accept-encoding": "identity",
      "x-forwarded-for": [incoming.headers["x-forwarded-for"], caller].filter(Boolean).join(", "),
    });
    const whole = "transfer-encoding" in incoming.headers && (await readBody(incoming, OF_FUNCTIONS));
    if (whole) headers["content-length"] = String(whole.length);
    const hasBody = Number(headers["content-length"] ?? 0) > 0;
    if (hasBody) headers.expect = "100-continue";
    const { method } = incoming;
    call = http.request({
      port: FUNCTIONS_PORT,
      path: `${pathname}${search}`,
      method,
      headers,
      agent: false,
    });
    const response = await new Promise((resolve, reject) => {
      call.once("response", resolve).on("error", reject);
      if (!hasBody) call.end();
      call.once("continue", () => {
        if (whole) return call.end(whole);
        incoming.pipe(call);
        arrival(incoming, OF_FUNCTIONS).catch(reject);
      });
    });
    const { statusCode: status, headers: given } = response;
    return new Response(Readable.toWeb(response), { status, headers: endToEnd(given) });
  } catch (error) {
    call?.destroy();
    if (!(error instanceof Refused)) console.error(`function ${pathname}:`, error);
    const { code, message, status } =
      error instanceof Refused ? error : new Refused(503, "unavailable", "The functions do not answer.");
    return Response.json({ error: code, detail: message }, { status });
  }
}

/** The headers that are not for one connection alone. */
function endToEnd({ host, connection, expect, "keep-alive": _, "transfer-encoding": __, ...headers }) {
  return headers;
}
