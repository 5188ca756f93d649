import type { QueryKey } from "@tanstack/react-query";
import { queryClient } from "./queryClient";

let page: ChildNode[] = [];

/**
 * Takes over what the server wrote for this address (functions/pages): its page is shown until the app has its own, and the app's
 * begins with the answers it was written from, and asks anew behind them. Where it wrote nothing, nothing is taken.
 */
export function takeWritten(root: Element): void {
  page = [...root.childNodes];
  const given = document.getElementById("answers")?.textContent;
  if (!given) return;
  for (const [key, answer] of JSON.parse(given) as [QueryKey, unknown][])
    queryClient.setQueryData(key, answer, { updatedAt: 0 });
}

/** Empty paper where nothing was written: a skeleton without its layout would only flicker. */
export function Written() {
  return page.length > 0 ? <div ref={(place) => place?.append(...page)} /> : null;
}

/** What somebody typed into its one field before the app was there: for the first field of the app alone. */
export function typedMeanwhile(): string {
  const typed = page.map((node) => (node instanceof Element ? node.querySelector("input")?.value : ""));
  page = [];
  return typed.join("");
}
