import type { QueryKey } from "@tanstack/react-query";
import { queryClient } from "../shared/queryClient";

let page = "";

/**
 * Takes over what the server wrote for this address (functions/pages): its page is shown until the app has its own, and the app's
 * begins with the answers it was written from, and asks anew behind them. Where it wrote nothing, nothing is taken.
 */
export function takeWritten(root: Element): void {
  page = root.innerHTML;
  const given = document.getElementById("answers")?.textContent;
  if (!given) return;
  for (const [key, answer] of JSON.parse(given) as [QueryKey, unknown][])
    queryClient.setQueryData(key, answer, { updatedAt: 0 });
}

/** Empty paper where nothing was written: a skeleton without its layout would only flicker. */
export function Written() {
  return page ? <div dangerouslySetInnerHTML={{ __html: page }} /> : null; // stood in the document already
}
