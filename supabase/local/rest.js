// What is asked of PostgREST, before Lite sees it.

const DEEPEST = 3;
const MOST = 12;

/**
 * Whether `select` embeds tables deeper, or more of them, than anything here needs. Each level may multiply the
 * answer: six of members in organizations in members are 30 MB. A hosted project ends such a statement by its
 * time only, so nothing may rely on it.
 */
export function embedsTooMuch(url) {
  return url.searchParams.getAll("select").some((select) => {
    let depth = 0;
    let deepest = 0;
    let count = 0;
    for (const sign of select.replace(/"([^"\\]|\\.)*"/g, "")) {
      if (sign === "(") [depth, count] = [depth + 1, count + 1];
      if (sign === ")") depth -= 1;
      deepest = Math.max(deepest, depth);
    }
    return deepest > DEEPEST || count > MOST;
  });
}

/** Lite does not tell a string from JSON given as text: say it for each string that goes to a json argument. */
export async function mendArguments({ connection }, request, url) {
  const name = url.pathname.match(/^\/rest\/v1\/rpc\/([^/]+)$/)?.[1];
  const isJson = request.headers.get("content-type")?.startsWith("application/json");
  if (!name || request.method !== "POST" || !isJson) return request;
  const { functions } = await connection.introspect({ useCache: true });
  const isJsonArgument = (argument) =>
    functions.some(
      (one) => one.name === name && /^jsonb?$/.test(one.arg_types[one.arg_names.indexOf(argument)]),
    );
  const text = await request.text();
  const body = mendStrings(text, isJsonArgument);
  const headers = new Headers(request.headers);
  headers.delete("content-length");
  return new Request(request.url, { method: "POST", headers, body });
}

function mendStrings(text, isJsonArgument) {
  let body;
  try {
    body = JSON.parse(text);
  } catch {
    return text; // Lite says what is wrong with it
  }
  if (body === null || typeof body !== "object" || Array.isArray(body)) return text;
  const wrong = Object.keys(body).filter((key) => typeof body[key] === "string" && isJsonArgument(key));
  return wrong.length
    ? JSON.stringify({ ...body, ...Object.fromEntries(wrong.map((key) => [key, JSON.stringify(body[key])])) })
    : text;
}
