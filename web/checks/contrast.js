// Computes the WCAG 2.2 contrast of every pair of tokens that the pages put together, in both themes, from
// src/design/tokens.css. `npm run check` runs it; it exits with 1 when a pair is too faint.
import { readFileSync } from "node:fs";

const surfaces = ["paper", "raised", "sunken"];

/** @type {{ pairs: [text: string, surface: string][], least: number, what: string }[]} */
const rules = [
  {
    what: "text",
    least: 4.5,
    pairs: [
      ...["ink", "muted", "accent", "info", "good", "bad"].flatMap((text) =>
        surfaces.map((surface) => [text, surface]),
      ),
      ...["accent", "info", "good", "bad"].flatMap((meaning) => {
        const wash = meaning === "accent" ? "honey-soft" : `${meaning}-soft`;
        return [meaning, "ink", "muted"].map((text) => [text, wash]);
      }),
      ["on-honey", "honey"],
      ["on-fill", "bad-fill"],
      ["on-fill", "info-fill"],
      ["paper", "ink"],
      ["paper", "ink-strong"],
      ["paper", "info"],
    ],
  },
  {
    what: "bounds of controls, focus ring, pictures",
    least: 3,
    pairs: ["edge", "focus", "accent"].flatMap((line) => surfaces.map((surface) => [line, surface])),
  },
];

const css = readFileSync(new URL("../src/design/tokens.css", import.meta.url), "utf8");
const tokens = new Map(
  [...css.matchAll(/--([a-z-]+):\s*light-dark\((#[0-9a-f]{6}),\s*(#[0-9a-f]{6})\)/g)].map(
    ([, name, light, dark]) => [name, { light, dark }],
  ),
);

/** Relative luminance, https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminance(colour) {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one, other) {
  const [bright, dim] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (bright + 0.05) / (dim + 0.05);
}

let count = 0;
let faint = 0;
for (const { pairs, least, what } of rules) {
  for (const [text, surface] of pairs) {
    for (const theme of ["light", "dark"]) {
      const colours = [text, surface].map((name) => {
        const token = tokens.get(name);
        if (!token) throw new Error(`tokens.css has no --${name}`);
        return token[theme];
      });
      const ratio = contrast(...colours);
      count += 1;
      if (ratio < least) {
        faint += 1;
        console.error(
          `${theme}: --${text} on --${surface} is ${ratio.toFixed(2)}:1, ${what} need ${least}:1`,
        );
      }
    }
  }
}
console.log(`contrast: ${count} pairs, ${faint} too faint`);
process.exit(faint ? 1 : 0);
