import { useSearchParams } from "react-router";

/** `/sign-in?next=/dashboard/billing` */
export function withNext(path: string, next: string | null): string {
  return next === null || next === "/dashboard" ? path : `${path}?next=${encodeURIComponent(next)}`;
}

/**
 * The page to open after signing in. Only a path of our own: `//elsewhere`, `https://elsewhere` and
 * `/\elsewhere` would hand a person who has just typed a password to somebody else.
 */
export function safeNext(next: string | null): string {
  if (!next?.startsWith("/")) return "/dashboard";
  const url = new URL(next, location.origin);
  return url.origin === location.origin ? url.pathname + url.search + url.hash : "/dashboard";
}

export function useNext(): { next: string; asGiven: string | null } {
  const [parameters] = useSearchParams();
  const asGiven = parameters.get("next");
  return { next: safeNext(asGiven), asGiven };
}
