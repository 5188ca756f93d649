import { ApiError } from "../../api/errors";

/** What Supabase says in the address when the link of an e-mail has expired or was used: `#error_code=otp_expired`. */
export function linkError(hash: string): ApiError | undefined {
  return new URLSearchParams(hash.slice(1)).has("error") ? new ApiError("link_expired") : undefined;
}
