import { clsx } from "clsx";
import type { LucideIcon } from "lucide-react";
import { Icon } from "./Icon";

export type Tone = "plain" | "waits" | "info" | "good" | "bad";

const tones: Record<Tone, string> = {
  plain: "bg-sunken text-muted",
  waits: "bg-honey-soft text-accent",
  info: "bg-info-soft text-info",
  good: "bg-good-soft text-good",
  bad: "bg-bad-soft text-bad",
};

/** A state in a word, with a picture and a colour that say the same. */
export function Pill({ tone, icon, children }: { tone: Tone; icon: LucideIcon; children: string }) {
  return (
    <span
      className={clsx(
        "inline-flex h-6 max-w-full items-center gap-1 rounded-full px-2 align-middle text-xs font-medium",
        tones[tone],
      )}
      title={children}
    >
      <Icon of={icon} size={14} />
      <span className="truncate">{children}</span>
    </span>
  );
}
