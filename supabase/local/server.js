// Serves the API on 127.0.0.1. PORT, FUNCTIONS_PORT and what config.js names come from the environment.
import { serve } from "@hono/node-server";
import { createApp, followSchema } from "./app.js";
import { wantedRedirect } from "./mail.js";
import { mendArguments } from "./rpc.js";
import { storage } from "./storage.js";

const { FUNCTIONS_PORT, PORT } = process.env;

const app = await createApp();
await followSchema(app);
const server = serve({ fetch: answer, hostname: "127.0.0.1", port: Number(PORT) });

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    server.close();
    server.closeAllConnections();
    setTimeout(() => process.exit(0), 1000); // a database that is gone already would be waited for, for ever
    app.connection.close().finally(() => process.exit(0));
  });
}

async function answer(request, { incoming }) {
  const url = new URL(request.url);
  if (url.pathname.startsWith("/functions/v1/"))
    return callFunction(request, url, incoming.socket.remoteAddress);
  if (request.method === "OPTIONS") return new Response(null, { headers: crossOrigin(request) });
  const response = url.pathname.startsWith("/storage/v1/")
    ? await storage(request, url, app.fetch)
    : await wantedRedirect.run(url.searchParams.get("redirect_to"), async () =>
        app.fetch(await mendArguments(app, request, url)),
      );
  const headers = new Headers(response.headers);
  for (const [name, value] of crossOrigin(request)) headers.set(name, value);
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
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

/** Lite has no functions; ours run in a process of their own, which also says who may call them from where. */
async function callFunction(request, { pathname, search }, caller) {
  const headers = new Headers(request.headers);
  for (const name of ["host", "connection", "content-length", "transfer-encoding", "expect"])
    headers.delete(name);
  headers.set("accept-encoding", "identity");
  headers.set("x-forwarded-for", [headers.get("x-forwarded-for"), caller].filter(Boolean).join(", "));
  try {
    const response = await fetch(`http://127.0.0.1:${FUNCTIONS_PORT}${pathname}${search}`, {
      method: request.method,
      headers,
      body: request.body,
      duplex: "half",
      redirect: "manual",
    });
    return new Response(response.body, response);
  } catch (error) {
    console.error(`function ${pathname}:`, error.cause ?? error);
    return Response.json({ error: "unavailable", detail: "The functions do not answer." }, { status: 503 });
  }
}
