/** The code of a page comes over the same network as everything else, and may hang as well. */
import type { RouteObject } from "react-router";
import { ApiError } from "../api/errors";
import { limits } from "../api/limits";

/** The same routes; a page whose code does not come in time is given up, and ErrorPage offers another try. */
export function inTime(routes: readonly RouteObject[]): RouteObject[] {
  return routes.map((route) => {
    const { lazy, children } = route;
    return {
      ...route,
      ...(typeof lazy === "function" && { lazy: () => soon(lazy()) }),
      ...(children && { children: inTime(children) }),
    } as RouteObject;
  });
}

async function soon<T>(code: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new ApiError("timed_out")), limits.answer);
  });
  try {
    return await Promise.race([code, end]);
  } finally {
    clearTimeout(timer);
  }
}
