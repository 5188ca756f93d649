import { Copy } from "lucide-react";
import { common } from "../i18n/common";
import { useTexts } from "../i18n/dictionary";
import { Icon } from "./Icon";
import { toast } from "./toast";

/** An id by eight of its characters; pressed, the whole of it is copied. Ours begin with the time, so they differ at their ends. */
export function ShortId({ id }: { id: string }) {
  const t = useTexts(common);
  const short = id[14] === "7" ? id.slice(-8) : id.slice(0, 8);
  return (
    <button
      type="button"
      title={id}
      aria-label={t.copyId(short)}
      className="inline-flex h-6 items-center gap-1 rounded-sm px-1 text-sm text-muted tabular-nums hover:bg-sunken hover:text-ink"
      onClick={() => void navigator.clipboard.writeText(id).then(() => toast(t.idCopied))}
    >
      {short}
      <Icon of={Copy} size={14} />
    </button>
  );
}
