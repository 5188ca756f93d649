/**
 * The files of a request that is being written: each sent and judged as soon as it is chosen, so that the request
 * itself is a short call. What was judged is kept in this tab until the request is sent.
 */
import { useEffect, useRef, useState } from "react";
import { asApiError, type ApiError } from "../../api/errors";
import { uploadFault } from "../../api/storage";
import { evidence, uploadEvidence, type EvidenceOwner } from "../../api/upgradeRequests";
import { readDraft, writeDraft } from "../../design/drafts";

export type EvidenceItem = {
  key: string;
  /** Empty for a file of an earlier request: only its path is known. */
  name: string;
  /** 0 when it is not known. */
  bytes: number;
} & (
  | { state: "sending"; share: number; file: File }
  | { state: "failed"; error: ApiError; file: File }
  | { state: "done"; path: string }
);

/** `draft`: the name under which what was judged is kept; `earlier`: paths handed in the last time. */
export function useEvidence(owner: EvidenceOwner, draft: string, earlier: readonly string[] = []) {
  const [items, setItems] = useState<readonly EvidenceItem[]>(
    () => (readDraft(draft) as EvidenceItem[] | undefined) ?? earlier.map(done),
  );
  const [isOverfull, setOverfull] = useState(false);
  const running = useRef(new Map<string, AbortController>());
  const removed = useRef(new Set<string>());

  // Leaving the page stops what is still being sent; it has no path to be kept by.
  useEffect(() => {
    const controllers = running.current;
    return () => {
      for (const controller of controllers.values()) controller.abort();
    };
  }, []);

  function change(next: (before: readonly EvidenceItem[]) => readonly EvidenceItem[]) {
    setItems((before) => {
      const after = next(before);
      keep(draft, after);
      return after;
    });
  }

  const replace = (key: string, item: (before: EvidenceItem) => EvidenceItem) =>
    change((all) => all.map((each) => (each.key === key ? item(each) : each)));

  async function send(key: string, file: File) {
    if (removed.current.has(key)) return;
    const controller = new AbortController();
    running.current.set(key, controller);
    const head = { key, name: file.name, bytes: file.size };
    replace(key, () => ({ ...head, state: "sending", share: 0, file }));
    try {
      const path = await uploadEvidence(owner, file, {
        signal: controller.signal,
        onProgress: (share) =>
          replace(key, (before) => (before.state === "sending" ? { ...before, share } : before)),
      });
      replace(key, () => ({ ...head, state: "done", path }));
    } catch (error) {
      if (!controller.signal.aborted) {
        replace(key, () => ({ ...head, state: "failed", error: asApiError(error), file }));
      }
    } finally {
      running.current.delete(key);
    }
  }

  return {
    items,
    /** What was judged, to be handed in. */
    paths: items.flatMap((item) => (item.state === "done" ? [item.path] : [])),
    /** More were chosen than may be attached. */
    isOverfull,
    add(files: readonly File[]) {
      const room = evidence.maxFiles - items.length;
      setOverfull(files.length > room);
      const added = files.slice(0, Math.max(0, room)).map((file): EvidenceItem => {
        const head = { key: crypto.randomUUID(), name: file.name, bytes: file.size, file };
        const fault = uploadFault(file, evidence.types);
        return fault ? { ...head, state: "failed", error: fault } : { ...head, state: "sending", share: 0 };
      });
      change((all) => [...all, ...added]);
      // One after another: ten at once would each be slow, and none could be seen to move.
      void added.reduce(
        (before, item) => (item.state === "sending" ? before.then(() => send(item.key, item.file)) : before),
        Promise.resolve(),
      );
    },
    retry(item: EvidenceItem) {
      if (item.state === "failed") void send(item.key, item.file);
    },
    remove(item: EvidenceItem) {
      removed.current.add(item.key);
      running.current.get(item.key)?.abort();
      setOverfull(false);
      change((all) => all.filter(({ key }) => key !== item.key));
    },
    forget() {
      writeDraft(draft, undefined);
    },
    clear() {
      setItems([]);
      writeDraft(draft, undefined);
    },
  };
}

/** What keeps a request from being sent because of its files: a field error of EvidenceField. */
export function evidenceMistake(
  { items, paths }: { items: readonly EvidenceItem[]; paths: readonly string[] },
  isNeeded: boolean,
): { files?: string } {
  if (items.some(({ state }) => state === "sending")) return { files: "stillSending" };
  if (items.some(({ state }) => state === "failed")) return { files: "failedFiles" };
  return isNeeded && paths.length === 0 ? { files: "noFiles" } : {};
}

const done = (path: string): EvidenceItem => ({ key: path, name: "", bytes: 0, state: "done", path });

/** Only what was judged can be kept: a file itself does not fit into a tab's storage. */
function keep(draft: string, items: readonly EvidenceItem[]): void {
  writeDraft(
    draft,
    items.filter(({ state }) => state === "done"),
  );
}
