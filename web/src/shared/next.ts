import { matchPath, useSearchParams } from "react-router";

/** Where somebody may be sent after signing in: pages of ours that anybody would want to come to. */
const destinations = [
  "/",
  "/account/*",
  "/admin/*",
  "/dashboard/*",
  "/invitations/:token",
  "/levels",
  "/organizations/:slug",
  "/organizations/:slug/stories/:id",
  "/q/:code",
  "/report",
  "/support",
];

/** `/sign-in?next=/dashboard/billing` */
export function withNext(path: string, next: string | null): string {
  return next === null || next === "/dashboard" ? path : `${path}?next=${encodeURIComponent(next)}`;
}

/**
 * The page to open after signing in; an address of ours may be whole. Only a page we have: `//elsewhere`,
 * `https://elsewhere` and `/\elsewhere` would hand a person who has just typed a password to somebody else, and
 * `/.//elsewhere` is no path the router can go to.
 */
export function safeNext(next: string | null): string {
  if (next === null || !URL.canParse(next, location.origin)) return "/dashboard";
  const url = new URL(next, location.origin);
  const isOurs = url.origin === location.origin && (next.startsWith("/") || next.startsWith(url.origin));
  const isPage = destinations.some((path) => matchPath(path, url.pathname));
  return isOurs && isPage && !url.pathname.includes("//")
    ? url.pathname + url.search + url.hash
    : "/dashboard";
}

export function useNext(): { next: string; asGiven: string | null } {
  const [parameters] = useSearchParams();
  const asGiven = parameters.get("next");
  return { next: safeNext(asGiven), asGiven };
}
