/**
 * The seal: Chestno's face, drawn by one function.
 *
 * `drawSeal` answers plain shapes, so the same drawing serves the page (React), an e-mail or an embed (`sealMarkup`),
 * a QR frame or a canvas. It needs no font (the letters are outlines of Onest Bold, SIL OFL 1.1), no stylesheet
 * and no DOM. Levels differ by fill, line and letter as well as by colour, so they are told apart in black and white.
 *
 * Units: the drawing lives in a square of 100 × 100; sizes are CSS pixels.
 */

export type SealLevel = "0" | "A" | "B" | "C";

/**
 * What the seal shows: a level, or its absence. A lost level keeps its letter and is struck through; a vacant one, which
 * was never held, is an outline.
 */
export type SealFace = { level: SealLevel; lost?: boolean; vacant?: boolean } | { level: null };

/** Any CSS colour, `var(--…)` included. `paper` is what lies under the seal: letters on a fill are cut out in it. */
export type SealPalette = {
  paper: string;
  ink: string;
  grey: string;
  blue: string;
  honey: string;
  /** The letter on honey: dark in both themes. */
  onHoney: string;
};

export type SealShape = {
  d: string;
  fill?: string;
  stroke?: string;
  strokeWidth?: number;
  dash?: string;
  dashOffset?: number;
  cap?: "round" | "butt";
  transform?: string;
};

export type SealDrawing = { viewBox: string; shapes: SealShape[] };

const notchCount = 18;
const edgeRadius = 48;
const centre = 50;

const round = (value: number) => Math.round(value * 100) / 100;

const at = (radius: number, angle: number) =>
  `${round(centre + radius * Math.sin(angle))} ${round(centre - radius * Math.cos(angle))}`;

/** A milled edge: arcs of one circle, with a small round bite between each two. The first bite is at twelve o'clock. */
function notchedCircle(radius: number, notches: number, bite: number): string {
  const half = Math.asin(bite / radius);
  const step = (2 * Math.PI) / notches;
  let path = "";
  for (let index = 0; index < notches; index += 1) {
    const from = index * step + half;
    const to = (index + 1) * step - half;
    path += `${index === 0 ? "M" : "L"}${at(radius, from)}A${radius} ${radius} 0 0 1 ${at(radius, to)}`;
    path += `A${bite} ${bite} 0 0 0 ${at(radius, to + 2 * half)}`;
  }
  return `${path}Z`;
}

function circle(radius: number): string {
  return `M${at(radius, 0)}A${radius} ${radius} 0 1 1 ${at(radius, Math.PI)}A${radius} ${radius} 0 1 1 ${at(radius, 0)}Z`;
}

/** The graduation of a measuring instrument: a long tick per notch, short ones between. */
function graduation(outer: number, long: number, short: number, parts: number): string {
  let path = "";
  for (let index = 0; index < notchCount * parts; index += 1) {
    const angle = ((index + 0.5) / (notchCount * parts)) * 2 * Math.PI;
    const isLong = index % parts === Math.floor(parts / 2);
    path += `M${at(outer, angle)}L${at(outer - (isLong ? long : short), angle)}`;
  }
  return path;
}

// Computed once: every seal on every page shares these strings.
export const edge = notchedCircle(edgeRadius, notchCount, 3);
const tickMarks = graduation(41.4, 4.2, 2.2, 5);
const strike = `M${at(45, (-3 * Math.PI) / 4)}L${at(45, Math.PI / 4)}`;
const absence = "M40 50H60";
/** What is left when the seal is not there yet: the places of its teeth. */
const vacantRadius = 46;
const vacantStep = (2 * Math.PI * vacantRadius) / notchCount;

/** The edge as a rim of the given width: the bites cut into it cleanly, which a stroke cannot do. */
const rim = (width: number) => edge + circle(edgeRadius - width);

/** Onest Bold, capital height 42, centred on 50 50 by its ink. */
const letters: Record<SealLevel, string> = {
  "0": "M49.9 71.5Q45.3 71.5 42.1 69.8Q38.8 68.2 36.9 65.2Q34.9 62.3 34 58.4Q33.1 54.5 33.1 50.1Q33.1 45.6 34 41.7Q34.9 37.8 36.9 34.8Q39 31.9 42.2 30.2Q45.4 28.5 50 28.5Q54.8 28.5 58 30.3Q61.2 32 63.2 35Q65.2 38.1 66.1 41.9Q66.9 45.8 66.9 50Q66.9 54.3 66.1 58.2Q65.2 62 63.2 65Q61.2 68 57.9 69.8Q54.7 71.5 49.9 71.5ZM49.9 63.7Q52.8 63.7 54.5 62.3Q56.2 61 57 58.8Q57.9 56.7 58.2 54.4Q58.4 52 58.4 50Q58.4 48.1 58.2 45.8Q57.9 43.4 57.1 41.3Q56.3 39.2 54.6 37.8Q52.9 36.5 50.1 36.5Q47.2 36.5 45.5 37.8Q43.8 39.2 42.9 41.3Q42.1 43.4 41.8 45.7Q41.5 48.1 41.5 50Q41.5 52 41.8 54.3Q42 56.7 42.8 58.8Q43.7 61 45.3 62.3Q47 63.7 49.9 63.7Z",
  A: "M29 69.5 45.3 27.5H54.8L71 69.5H61.9L59.3 62.3H40.7L38.1 69.5ZM43.4 54.6H56.6L50.1 36.5Z",
  B: "M33.2 71V29H51.6Q54.5 29 56.9 29.6Q59.3 30.1 61.1 31.3Q62.9 32.6 63.9 34.7Q64.9 36.8 64.9 39.9Q64.9 42.6 63.6 44.8Q62.4 47.1 60.1 48.3Q63.2 49.3 65 51.8Q66.8 54.3 66.8 58.4Q66.8 61.9 65.4 64.4Q64.1 66.8 61.7 68.3Q59.3 69.7 56.2 70.4Q53 71 49.5 71ZM41.7 63.2H50.5Q52.1 63.2 53.5 62.9Q54.9 62.7 56 62.1Q57 61.6 57.6 60.6Q58.2 59.6 58.2 58.1Q58.2 56.7 57.7 55.8Q57.2 54.8 56.3 54.3Q55.4 53.7 54.2 53.4Q53 53.2 51.5 53.2H41.7ZM41.7 46.2H49.5Q51.1 46.2 52.4 45.8Q53.7 45.5 54.6 44.9Q55.5 44.2 56 43.2Q56.4 42.3 56.4 41Q56.5 39.2 55.6 38.3Q54.8 37.4 53.4 37.1Q52 36.8 50.2 36.8H41.7Z",
  C: "M51 71.5Q44.5 71.5 40 68.8Q35.4 66.2 33.1 61.4Q30.8 56.6 30.8 50.2Q30.8 43.7 33.2 38.8Q35.6 33.9 40.1 31.2Q44.6 28.5 51 28.5Q55.8 28.5 59.5 30.2Q63.3 31.8 65.7 35Q68 38.1 68.6 42.8H60.5Q59.7 39.8 57.3 38.2Q55 36.5 51.1 36.5Q46.9 36.5 44.3 38.4Q41.8 40.3 40.7 43.4Q39.5 46.4 39.5 49.8Q39.5 53.3 40.7 56.4Q41.9 59.6 44.5 61.6Q47.1 63.5 51.3 63.5Q53.8 63.5 55.7 62.8Q57.7 62 59 60.6Q60.3 59.2 60.7 57.3H69.2Q68.7 61.8 66.1 65Q63.6 68.2 59.6 69.8Q55.7 71.5 51 71.5Z",
};

/** Under this size the graduation would be dust, so it is left out and everything grows heavier. */
const detailFrom = 56;
const smallBelow = 36;

export function drawSeal(face: SealFace, size: number, palette: SealPalette): SealDrawing {
  const grade = size < smallBelow ? "small" : size < detailFrom ? "middle" : "large";
  const pick = (small: number, middle: number, large: number) => ({ small, middle, large })[grade];
  const isLarge = grade === "large";
  const shapes: SealShape[] = [];
  const letter = (level: SealLevel, fill: string, halo?: string, scale = pick(1.2, 1.08, 1)) =>
    shapes.push({
      d: letters[level],
      fill,
      ...(halo ? { stroke: halo, strokeWidth: pick(10, 9, 9) } : {}),
      ...(scale === 1 ? {} : { transform: `translate(50 50) scale(${scale}) translate(-50 -50)` }),
    });
  const ticks = (stroke: string) => isLarge && shapes.push({ d: tickMarks, stroke, strokeWidth: 0.7 });
  const ring = (radius: number, stroke: string, strokeWidth: number) =>
    shapes.push({ d: circle(radius), stroke, strokeWidth });

  if (face.level === null || face.vacant) {
    const tooth = vacantStep * pick(0.55, 0.55, 0.6);
    shapes.push({
      d: circle(vacantRadius),
      stroke: palette.grey,
      strokeWidth: pick(7, 5, 3),
      dash: `${round(tooth)} ${round(vacantStep - tooth)}`,
      dashOffset: round(-(vacantStep - tooth) / 2),
    });
    if (face.level === null) {
      shapes.push({ d: absence, stroke: palette.grey, strokeWidth: pick(9, 6, 4), cap: "round" });
    } else {
      shapes.push({ d: letters[face.level], stroke: palette.grey, strokeWidth: pick(4, 3, 1.6) });
    }
  } else if (face.lost) {
    shapes.push({ d: rim(pick(9, 7, 5)), fill: palette.grey });
    // The stroke runs behind the letter, with a gap of paper between: what was lost stays readable.
    shapes.push({ d: strike, stroke: palette.ink, strokeWidth: pick(7, 5.5, 3.4), cap: "round" });
    letter(face.level, palette.paper, palette.paper);
    letter(face.level, palette.grey);
  } else if (face.level === "0") {
    shapes.push({ d: rim(pick(9, 7, 4.6)), fill: palette.grey });
    ticks(palette.grey);
    letter("0", palette.grey);
  } else if (face.level === "A") {
    shapes.push({ d: rim(pick(11, 8.5, 5)), fill: palette.ink });
    ticks(palette.ink);
    if (isLarge) ring(34.6, palette.ink, 0.9);
    letter("A", palette.ink);
  } else if (face.level === "B") {
    shapes.push({ d: edge, fill: palette.blue });
    ticks(palette.paper);
    if (isLarge) ring(34.6, palette.paper, 0.9);
    letter("B", palette.paper);
  } else {
    shapes.push({ d: edge, fill: palette.honey });
    ticks(palette.onHoney);
    ring(pick(39, 38, 34), palette.onHoney, pick(4.5, 4, 2.6));
    letter("C", palette.onHoney, undefined, pick(1.1, 1.05, 1));
  }
  return { viewBox: "0 0 100 100", shapes };
}

/** The light theme in plain colours, for places without our stylesheet: e-mail, embeds, print. */
export const lightSeal: SealPalette = {
  paper: "#fbfaf7",
  ink: "#1b1f23",
  grey: "#6b6a64",
  blue: "#1d4ed8",
  honey: "#f59e0b",
  onHoney: "#1b1f23",
};

export const darkSeal: SealPalette = {
  paper: "#14161a",
  ink: "#ece9e2",
  grey: "#9a978f",
  blue: "#93b4fd",
  honey: "#f59e0b",
  onHoney: "#14161a",
};

const escape = (text: string) =>
  text.replace(
    /[&<>"]/g,
    (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign] ?? sign,
  );

/** A shape as SVG attributes. Fills are even-odd, so a rim is an edge with a hole. */
export function shapeAttributes(shape: SealShape): Record<string, string> {
  const { d, fill, stroke, strokeWidth, dash, dashOffset, cap, transform } = shape;
  return {
    d,
    fill: fill ?? "none",
    ...(fill && { "fill-rule": "evenodd" }),
    ...(stroke && { stroke, "stroke-width": String(strokeWidth) }),
    ...(dash && { "stroke-dasharray": dash, "stroke-dashoffset": String(dashOffset ?? 0) }),
    ...(cap && { "stroke-linecap": cap }),
    ...(transform && { transform }),
  };
}

const attributes = (shape: SealShape) =>
  Object.entries(shapeAttributes(shape))
    .map(([name, value]) => ` ${name}="${value}"`)
    .join("");

/** One self-contained SVG document. `title` is what a screen reader says; required, because a seal is never decoration there. */
export function sealMarkup(face: SealFace, size: number, palette: SealPalette, title: string): string {
  const { viewBox, shapes } = drawSeal(face, size, palette);
  const paths = shapes.map((shape) => `<path${attributes(shape)}/>`);
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}" viewBox="${viewBox}" role="img">` +
    `<title>${escape(title)}</title>${paths.join("")}</svg>`
  );
}
