// How much of a request's body is taken, and how long it may be on its way.
import { createHmac, timingSafeEqual } from "node:crypto";

const { JWT_SECRET, SUPABASE_SECRET_KEY } = process.env;
const KIB = 1024;

/** Ten thousand QR codes in one call are 1.3 MB. */
export const OF_PEOPLE = 4 * KIB * KIB;
export const OF_VISITORS = 64 * KIB;

const PATIENCE = 10_000; // ms without looking how fast it comes
const SLOWEST = 16 * KIB; // bytes a second, on average, after that

/** A body that is not taken. */
export class Refused extends Error {
  constructor(status, code, message) {
    super(message);
    Object.assign(this, { status, code });
  }
}

/** The whole body of a request. Throws what `arrival` throws. */
export async function readBody(incoming, most) {
  const pieces = [];
  const keep = (piece) => pieces.push(piece);
  incoming.on("data", keep);
  try {
    await arrival(incoming, most);
  } finally {
    incoming.off("data", keep);
  }
  return Buffer.concat(pieces);
}

/**
 * Follows a body that somebody else reads, until it is whole. Throws Refused: 413 when it is larger than `most`
 * bytes (what says so beforehand is not read at all), 408 when it takes too long to come.
 */
export async function arrival(incoming, most) {
  const tooLarge = new Refused(413, "too_large", `The body is over ${most} bytes.`);
  if (Number(incoming.headers["content-length"] ?? 0) > most) throw tooLarge;
  if (incoming.readableEnded) return;
  const began = Date.now();
  let size = 0;
  let count, watch;
  try {
    await new Promise((resolve, reject) => {
      count = (piece) => (size += piece.length) > most && reject(tooLarge);
      watch = setInterval(() => {
        const due = ((Date.now() - began - PATIENCE) / 1000) * SLOWEST;
        if (size < due) reject(new Refused(408, "invalid_input", "The body did not come in time."));
      }, 500);
      incoming.on("data", count).once("end", resolve).once("error", reject);
      incoming.once("close", () => reject(new Refused(400, "invalid_input", "The request ended early.")));
    });
  } finally {
    clearInterval(watch);
    incoming.off("data", count);
  }
}

/** Whether somebody signed in asks, or one of our own functions: with a good token, or the secret key. */
export function isSignedIn(request, url) {
  const key = request.headers.get("apikey") ?? url.searchParams.get("apikey");
  if (key === SUPABASE_SECRET_KEY) return true;
  return isGoodToken(request.headers.get("authorization")?.match(/^Bearer (.+)$/)?.[1]);
}

/** Whether this is a token of ours, its time not over. */
export function isGoodToken(token) {
  const [head, payload, signature, ...more] = token?.split(".") ?? [];
  if (!signature || more.length) return false;
  const right = createHmac("sha256", JWT_SECRET).update(`${head}.${payload}`).digest();
  const given = Buffer.from(signature, "base64url");
  if (given.length !== right.length || !timingSafeEqual(given, right)) return false;
  return JSON.parse(Buffer.from(payload, "base64url")).exp > Date.now() / 1000;
}
