import { clsx } from "clsx";
import { sealShapes, type SealFace } from "./seal";

/** The seal alone. Without `label` it is a picture beside words that say the same. `size` in CSS pixels, 20–240. */
export function Seal({
  face,
  size = 24,
  label,
  stamped,
}: {
  face: SealFace;
  size?: number;
  label?: string;
  /** Its grant is seen for the first time: it comes down on the paper as a stamp does. */
  stamped?: boolean | undefined;
}) {
  return (
    <svg
      viewBox="0 0 100 100"
      width={size}
      height={size}
      className={clsx("shrink-0", stamped && "motion-safe:animate-stamp")}
      {...(label ? { role: "img", "aria-label": label } : { "aria-hidden": true })}
      dangerouslySetInnerHTML={{ __html: sealShapes(face, size) }} // out of a file of ours
    />
  );
}
