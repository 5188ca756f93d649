import { onlineManager, useQueryClient } from "@tanstack/react-query";
import { WifiOff } from "lucide-react";
import { useSyncExternalStore } from "react";
import { Icon } from "../design/Icon";
import { common } from "../i18n/common";
import { useTexts } from "../i18n/dictionary";
import { useFormats } from "../i18n/format";

/** Says that there is no network, and of when what is on the page is. It lies above the page: nothing moves for it. */
export function Offline() {
  const isOnline = useSyncExternalStore(
    (listener) => onlineManager.subscribe(listener),
    () => onlineManager.isOnline(),
  );
  return isOnline ? null : <Banner />;
}

function Banner() {
  const t = useTexts(common).offline;
  const { time } = useFormats();
  const shownAt = useOldestShown();
  return (
    <div
      role="status"
      className="fixed inset-x-0 top-0 z-30 flex items-center justify-center gap-2 bg-ink px-4 py-2 text-center text-sm text-paper"
    >
      <Icon of={WifiOff} size={16} />
      {shownAt === undefined ? t.nothing : t.shown(time(new Date(shownAt)))}
    </div>
  );
}

/** When the oldest of the answers on the page came; undefined when there is none. */
function useOldestShown(): number | undefined {
  const cache = useQueryClient().getQueryCache();
  return useSyncExternalStore(
    (listener) => cache.subscribe(listener),
    () => {
      const times = cache
        .findAll({ type: "active" })
        .map(({ state }) => state.dataUpdatedAt)
        .filter((at) => at > 0);
      return times.length > 0 ? Math.min(...times) : undefined;
    },
  );
}
