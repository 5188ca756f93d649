import { describe, expect, it } from "vitest";
import { markShapes, sealShapes, type SealFace, type SealLevel } from "./seal";

const levels: SealLevel[] = ["0", "A", "B", "C"];
const faces: SealFace[] = [
  ...levels.flatMap((level) => [{ level }, { level, lost: true }, { level, vacant: true }]),
  { level: null },
];
const outlines = (shapes: string) =>
  [...shapes.matchAll(/ (?:d|r|stroke-width|stroke-dasharray)="[^"]*"/g)].join(" ");

describe("the seal", () => {
  it.each([24, 40, 144])(
    "is told apart without colour at %i px: no two faces have the same outlines",
    (size) => {
      const drawn = faces.map((face) => outlines(sealShapes(face, size)));
      expect(drawn).not.toContain("");
      expect(new Set(drawn).size).toBe(faces.length);
    },
  );

  it("leaves out the graduation where it would be dust", () => {
    const count = (size: number) => sealShapes({ level: "A" }, size).match(/<path/g)?.length;
    expect([35, 36, 55, 56].map(count)).toEqual([2, 2, 2, 3]);
  });

  it("strikes through what was lost, behind its letter", () => {
    const shapes = sealShapes({ level: "A", lost: true }, 144);
    expect(shapes.indexOf("var(--ink")).toBeGreaterThan(shapes.indexOf("var(--muted"));
    expect(shapes.lastIndexOf("var(--muted")).toBeGreaterThan(shapes.indexOf("var(--ink"));
  });

  it("is whole: every part stands where it is used", () => {
    for (const shapes of [markShapes(), ...faces.map((face) => sealShapes(face, 144))]) {
      expect(shapes).not.toMatch(/<use|<path (?!d="M)/);
      const svg = new DOMParser().parseFromString(
        `<svg xmlns="http://www.w3.org/2000/svg">${shapes}</svg>`,
        "image/svg+xml",
      );
      expect(svg.querySelector("parsererror")).toBeNull();
    }
  });
});
