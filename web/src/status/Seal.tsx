import { sealShapes, type SealFace } from "./seal";

/** The seal alone. Without `label` it is a picture beside words that say the same. `size` in CSS pixels, 20–240. */
export function Seal({ face, size = 24, label }: { face: SealFace; size?: number; label?: string }) {
  return (
    <svg
      viewBox="0 0 100 100"
      width={size}
      height={size}
      className="shrink-0"
      {...(label ? { role: "img", "aria-label": label } : { "aria-hidden": true })}
      dangerouslySetInnerHTML={{ __html: sealShapes(face, size) }} // out of a file of ours
    />
  );
}
