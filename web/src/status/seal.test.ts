import { describe, expect, it } from "vitest";
import { drawSeal, lightSeal, sealMarkup, type SealFace } from "./seal";

const faces: SealFace[] = [
  { level: "0" },
  { level: "A" },
  { level: "B" },
  { level: "C" },
  { level: "B", lost: true },
  { level: "B", vacant: true },
  { level: null },
];

describe("the seal", () => {
  it.each([24, 40, 144])("draws every face differently at %i px", (size) => {
    const drawn = faces.map((face) => JSON.stringify(drawSeal(face, size, lightSeal)));
    expect(new Set(drawn).size).toBe(faces.length);
  });

  it("leaves out the graduation where it would be dust", () => {
    const count = (size: number) => drawSeal({ level: "A" }, size, lightSeal).shapes.length;
    expect(count(55)).toBeLessThan(count(56));
  });

  it("strikes through what was lost", () => {
    const { shapes } = drawSeal({ level: "A", lost: true }, 144, lightSeal);
    expect(shapes.find(({ cap }) => cap)).toMatchObject({ stroke: lightSeal.ink });
    expect(shapes.at(-1)).toMatchObject({ fill: lightSeal.grey }); // the letter, over the stroke
    expect(shapes.length).toBeGreaterThan(drawSeal({ level: null }, 144, lightSeal).shapes.length);
  });

  it("is told apart without colour: no two faces have the same outlines", () => {
    const outlines = faces.map((face) =>
      drawSeal(face, 144, lightSeal)
        .shapes.map(({ d, strokeWidth }) => `${d} ${strokeWidth}`)
        .join(),
    );
    expect(new Set(outlines).size).toBe(faces.length);
  });

  it("is one document that carries its title, whatever is in it", () => {
    const markup = sealMarkup({ level: "C" }, 64, lightSeal, 'Мёд & "травы" <b>');
    const svg = new DOMParser().parseFromString(markup, "image/svg+xml");
    expect(svg.querySelector("title")?.textContent).toBe('Мёд & "травы" <b>');
    expect(svg.documentElement.getAttribute("width")).toBe("64");
    expect(markup).not.toMatch(/<b>|NaN|undefined/);
  });
});
