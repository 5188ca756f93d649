import type { SVGProps } from "react";
import { drawSeal, shapeAttributes, type SealFace, type SealPalette } from "./seal";

/** The theme's own colours: the seal follows light and dark by itself. */
const themed: SealPalette = {
  paper: "var(--paper)",
  ink: "var(--ink)",
  grey: "var(--muted)",
  blue: "var(--info)",
  honey: "var(--honey)",
  onHoney: "var(--on-honey)",
};

/** The seal alone. Without `label` it is a picture beside words that say the same. `size` in CSS pixels, 20–240. */
export function Seal({ face, size = 24, label }: { face: SealFace; size?: number; label?: string }) {
  const { viewBox, shapes } = drawSeal(face, size, themed);
  return (
    <svg
      viewBox={viewBox}
      width={size}
      height={size}
      className="shrink-0"
      {...(label ? { role: "img", "aria-label": label } : { "aria-hidden": true })}
    >
      {shapes.map((shape, index) => (
        <path key={index} {...inReact(shapeAttributes(shape))} />
      ))}
    </svg>
  );
}

/** `fill-rule` → `fillRule`. */
const inReact = (attributes: Record<string, string>): SVGProps<SVGPathElement> =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase()),
      value,
    ]),
  );
