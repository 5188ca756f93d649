import common from "../../../../supabase/common_passwords.json";
import { canonicalEmail } from "../../api/emails";

/** Supabase refuses shorter ones too (supabase/config.toml, minimum_password_length). */
const shortestPassword = 8;
/** Bytes: what is longer would be cut by the hash, and Supabase refuses it. Two to a Russian e-mail. */
const longestPassword = 72;
const commonPasswords = new Set(common);

/** A field error code, or undefined when the address looks like one. The e-mail we send is the real test. */
export function emailMistake(email: string): string | undefined {
  if (!email.trim()) return "required";
  const address = canonicalEmail(email);
  if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(address)) return "invalid_email";
  return /^[\x21-\x7e]+@/.test(address) ? undefined : "local_part_not_ascii";
}

export function newPasswordMistake(password: string): string | undefined {
  if (!password) return "required";
  const stored = password.normalize("NFC");
  if (Array.from(stored).length < shortestPassword) return "too_short";
  if (new TextEncoder().encode(stored).length > longestPassword) return "too_long";
  return commonPasswords.has(stored.toLowerCase()) ? "too_common" : undefined;
}

/** Keeps only the mistakes there are. */
export function mistakes<Name extends string>(
  found: Record<Name, string | undefined>,
): Partial<Record<Name, string>> {
  return Object.fromEntries(Object.entries(found).filter(([, code]) => code !== undefined)) as Partial<
    Record<Name, string>
  >;
}
