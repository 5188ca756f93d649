import { useSyncExternalStore } from "react";

export type ToastMessage = {
  id: number;
  text: string;
  kind: "good" | "bad";
  /** Takes back what was done; offered for 10 s. */
  undo?: () => unknown;
};

let messages: readonly ToastMessage[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

function publish(next: readonly ToastMessage[]) {
  messages = next;
  for (const listener of listeners) listener();
}

/** Says in passing what was done: `toast("Карта удалена", { undo: () => … })`. Errors belong on the page. */
export function toast(text: string, options: { undo?: () => unknown; kind?: "good" | "bad" } = {}): void {
  lastId += 1;
  publish([
    ...messages,
    { id: lastId, text, kind: options.kind ?? "good", ...(options.undo && { undo: options.undo }) },
  ]);
}

export function dismissToast(id: number): void {
  publish(messages.filter((message) => message.id !== id));
}

export function useToasts(): readonly ToastMessage[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => messages,
  );
}
