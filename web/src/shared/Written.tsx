import type { QueryKey } from "@tanstack/react-query";
import { useEffect } from "react";
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

/** What somebody typed into its search field before the app was there: for the first field of the app alone. */
export function typedMeanwhile(): string {
  const field = written("input[name=q]");
  if (!(field instanceof HTMLInputElement)) return "";
  const typed = field.value;
  field.value = "";
  return typed;
}

/** Chooses in the app, once, what somebody chose in these lists of the page before the app was there. */
export function useChosenMeanwhile<Name extends string>(
  names: readonly Name[],
  choose: (chosen: Partial<Record<Name, string>>) => void,
): void {
  useEffect(() => {
    const chosen: Partial<Record<Name, string>> = {};
    for (const name of names) {
      const list = written(`select[name=${name}]`);
      const given = list?.querySelector<HTMLOptionElement>("option[selected]")?.value;
      if (!(list instanceof HTMLSelectElement) || given === undefined || list.value === given) continue;
      chosen[name] = list.value;
      list.value = given;
    }
    if (Object.keys(chosen).length > 0) choose(chosen);
  });
}

function written(selector: string) {
  const found = page.map((node) => (node instanceof Element ? node.querySelector(selector) : null));
  return found.find((element) => element !== null);
}
