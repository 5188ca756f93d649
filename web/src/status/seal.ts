/**
 * The seal: Chestno's face. Its shapes stand in one file, which the functions draw e-mails from and this build reads.
 * Levels differ by fill, line and letter as well as by colour, so they are told apart in black and white.
 */
import file from "../../../functions/trust/seal.svg?raw";

export type SealLevel = "0" | "A" | "B" | "C";

/**
 * What the seal shows: a level, or its absence. A lost level keeps its letter and is struck through; a vacant one, which
 * was never held, is an outline.
 */
export type SealFace = { level: SealLevel; lost?: boolean; vacant?: boolean } | { level: null };

const parts = new Map(
  [...file.matchAll(/<path id="([\w-]+)" (d="[^"]+")\/>/g)].map(([, id, d]) => [id, d] as const),
);
const symbols = new Map(
  [...file.matchAll(/<symbol id="([\w-]+)"[^>]*>(.*?)<\/symbol>/gs)].map(
    ([, id, shapes]) => [id, shapes?.replaceAll(/\n\s*/g, "")] as const,
  ),
);

/** The shapes of a face in a square of 100 × 100, as SVG, in the theme's own colours. `size` in CSS pixels, 20–240. */
export function sealShapes(face: SealFace, size: number): string {
  return shapesOf(`${nameOf(face)}-${size < 36 ? "small" : size < 56 ? "middle" : "large"}`);
}

/** The shapes of Chestno's own mark, as `sealShapes`. */
export const markShapes = () => shapesOf("mark");

const nameOf = (face: SealFace) =>
  face.level === null ? "none" : `${face.lost ? "lost" : face.vacant ? "vacant" : "held"}-${face.level}`;

/** Each part's outline in the place where it is used: nothing in a page refers to another drawing. */
const shapesOf = (symbol: string): string =>
  (symbols.get(symbol) ?? "").replace(
    /<use href="#([\w-]+)"/g,
    (_, id: string) => `<path ${parts.get(id) ?? ""}`,
  );
