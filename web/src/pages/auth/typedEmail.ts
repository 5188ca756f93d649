import { useLocation } from "react-router";

/** The address goes along from sign-in to sign-up to "forgotten", so that nobody types it twice. */
export function useTypedEmail(): string {
  const state: unknown = useLocation().state;
  return typeof state === "object" && state !== null && "email" in state && typeof state.email === "string"
    ? state.email
    : "";
}
