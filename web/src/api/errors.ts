import { errorCodes as serverCodes, type ErrorCode as ServerCode } from "./codes";
import { isTooLate } from "./limits";
import type { TextVersion } from "./platformPages";

/** What Supabase Auth and the network say; the codes of the database and the functions are in `codes.ts`. */
const ownCodes = [
  // Supabase Auth
  "wrong_credentials",
  "account_not_created",
  "weak_password",
  "same_password",
  "link_expired",
  // the way there
  "offline",
  "timed_out",
  "unexpected",
] as const;

/** Every failure a page can meet. Pages translate the code (src/i18n/errors.ts) and never show English from a server. */
export type ErrorCode = ServerCode | (typeof ownCodes)[number];

/** One mistake in what was typed: `code` is for example `required`, `too_short`, `invalid_inn`. */
export type FieldError = { field: string; code: string; row?: number };

export class ApiError extends Error {
  readonly code: ErrorCode;
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  /** Filled when the code is `invalid_input`. */
  readonly fields: FieldError[];
  /** Filled when the code is `consent_required`: what has to be shown and agreed to. */
  readonly texts: TextVersion[];
  /** What a function wrote to its log; shown so that support can find it. */
  readonly requestId: string | undefined;
  /** Seconds after which another try may fare better, when the answer said so. */
  readonly retryAfter: number | undefined;

  constructor(
    code: ErrorCode,
    options: {
      status?: number;
      detail?: string;
      fields?: FieldError[];
      texts?: TextVersion[];
      requestId?: string;
      retryAfter?: number;
    } = {},
  ) {
    super(options.detail ? `${code}: ${options.detail}` : code);
    this.name = "ApiError";
    this.code = code;
    this.status = options.status ?? 0;
    this.fields = options.fields ?? [];
    this.texts = options.texts ?? [];
    this.requestId = options.requestId;
    this.retryAfter = options.retryAfter;
  }
}

export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof Error && isTooLate(error.message)) return new ApiError("timed_out");
  if (isNetworkFailure(error)) return new ApiError("offline");
  return new ApiError("unexpected", { detail: error instanceof Error ? error.message : String(error) });
}

function isNetworkFailure(error: unknown): boolean {
  // Browsers say "Failed to fetch", "Load failed" or "NetworkError …": all of them TypeErrors of fetch.
  return (
    (error instanceof TypeError && /fetch|load failed|network/i.test(error.message)) || !navigator.onLine
  );
}

/** The error of a PostgREST answer: our RPCs put the code in `message`, PostgREST's own are known by `code`. */
export function fromPostgrest(
  error: { message: string; code: string; details: string },
  status: number,
): ApiError {
  const detail = error.details || error.message;
  if (isErrorCode(error.message)) {
    return new ApiError(error.message, { status, detail, fields: readFieldErrors(error.details) });
  }
  if (status === 0) return unreached(error.message, detail);
  if (status === 401) return new ApiError("sign_in_required", { status, detail });
  if (error.code === "PGRST116" || status === 404) return new ApiError("not_found", { status, detail });
  if (error.code === "42501" || status === 403) return new ApiError("not_allowed", { status, detail });
  if (status === 429) return new ApiError("too_many_requests", { status, detail });
  if (status === 400 || status === 422) return new ApiError("invalid_input", { status, detail });
  if (status >= 502) return new ApiError("unavailable", { status, detail });
  return new ApiError("unexpected", { status, detail });
}

/** The error of one of our functions: `{error, detail, hint, request_id}`. */
export function fromFunction(body: unknown, status: number, retryAfter?: string | null): ApiError {
  const answer = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  const detail = typeof answer.detail === "string" ? answer.detail : undefined;
  const requestId = typeof answer.request_id === "string" ? answer.request_id : undefined;
  const code =
    typeof answer.error === "string" && isErrorCode(answer.error)
      ? answer.error
      : status === 401
        ? "sign_in_required"
        : status >= 502
          ? "unavailable"
          : "unexpected";
  return new ApiError(code, {
    status,
    fields: readFieldErrors(detail),
    texts: code === "consent_required" ? (JSON.parse(detail ?? "[]") as TextVersion[]) : [],
    ...(detail === undefined ? {} : { detail }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(retryAfter && /^\d+$/.test(retryAfter) ? { retryAfter: Number(retryAfter) } : {}),
  });
}

const authCodes: Record<string, ErrorCode> = {
  invalid_credentials: "wrong_credentials",
  email_not_confirmed: "email_not_confirmed",
  user_already_exists: "account_not_created",
  email_exists: "account_not_created",
  signup_disabled: "not_allowed",
  weak_password: "weak_password",
  same_password: "same_password",
  otp_expired: "link_expired",
  flow_state_expired: "link_expired",
  session_not_found: "sign_in_required",
  session_expired: "sign_in_required",
  refresh_token_not_found: "sign_in_required",
  over_request_rate_limit: "too_many_requests",
  over_email_send_rate_limit: "too_many_requests",
};

/** The error of Supabase Auth, known by its `code`. */
export function fromAuth(error: {
  name: string;
  message: string;
  code?: string | undefined;
  status?: number | undefined;
}): ApiError {
  const detail = error.message;
  const status = error.status ?? 0;
  if (error.code === "email_address_invalid") {
    return new ApiError("invalid_input", {
      status,
      detail,
      fields: [{ field: "email", code: "invalid_email" }],
    });
  }
  const known = error.code === undefined ? undefined : authCodes[error.code];
  if (known) return new ApiError(known, { status, detail });
  if (error.name === "AuthRetryableFetchError") {
    return status === 0 ? unreached(detail, detail) : new ApiError("unavailable", { status, detail });
  }
  if (error.name === "AuthSessionMissingError") return new ApiError("sign_in_required", { status, detail });
  if (error.name === "AuthWeakPasswordError") return new ApiError("weak_password", { status, detail });
  if (status === 429) return new ApiError("too_many_requests", { status, detail });
  return new ApiError("unexpected", { status, detail });
}

/** The error of Supabase Storage. It answers 400 to most refusals and says the real status in the body. */
export function fromStorage(error: {
  message: string;
  status?: number | undefined;
  statusCode?: string | undefined;
}): ApiError {
  const detail = error.message;
  const status = Number(error.statusCode) || (error.status ?? 0);
  if (status === 0) return unreached(detail, detail);
  if (status === 401 || /jwt/i.test(detail)) return new ApiError("sign_in_required", { status, detail });
  if (status === 403 || /row-level security|unauthorized/i.test(detail))
    return new ApiError("not_allowed", { status, detail });
  if (status === 404 || /not found/i.test(detail)) return new ApiError("not_found", { status, detail });
  if (status === 413) return new ApiError("too_large", { status, detail });
  if (status === 415) {
    const fields = [{ field: "path", code: "wrong_type" }];
    return new ApiError("invalid_input", { status, detail, fields });
  }
  if (status === 429) return new ApiError("too_many_requests", { status, detail });
  if (status >= 502) return new ApiError("unavailable", { status, detail });
  return new ApiError("unexpected", { status, detail });
}

/** No answer at all: nobody was reached, or it was waited for long enough. */
function unreached(message: string, detail: string): ApiError {
  return new ApiError(isTooLate(message) ? "timed_out" : "offline", { detail });
}

function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(serverCodes, text) || (ownCodes as readonly string[]).includes(text);
}

/** `detail` of an `invalid_input` is a JSON list `[{"field", "code", "row"?}]`. */
function readFieldErrors(detail: string | undefined): FieldError[] {
  if (!detail?.startsWith("[")) return [];
  try {
    const list = JSON.parse(detail) as unknown;
    return Array.isArray(list) ? list.filter(isFieldError) : [];
  } catch {
    return [];
  }
}

function isFieldError(item: unknown): item is FieldError {
  return typeof item === "object" && item !== null && "field" in item && "code" in item;
}
