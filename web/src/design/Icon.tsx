import type { LucideIcon } from "lucide-react";

/** A lucide icon in our stroke. Decoration by default: the text beside it says the same. */
export function Icon({ of: Shape, size = 20, label }: { of: LucideIcon; size?: number; label?: string }) {
  return (
    <Shape
      size={size}
      strokeWidth={1.75}
      className="shrink-0"
      {...(label ? { role: "img", "aria-label": label } : { "aria-hidden": true })}
    />
  );
}
