import { describe, expect, it } from "vitest";
import { zipCounter } from "./zip";

/** A file as it stands in a ZIP that is not packed: 30 bytes, its name, its content. */
function file(name: string, content: number[]): number[] {
  const header = new DataView(new ArrayBuffer(30));
  header.setUint32(0, 0x04034b50, true);
  header.setUint32(18, content.length, true);
  header.setUint32(22, content.length, true);
  header.setUint16(26, name.length, true);
  return [...new Uint8Array(header.buffer), ...new TextEncoder().encode(name), ...content];
}

const looksLikeAHeader = [0x50, 0x4b, 0x03, 0x04, ...Array<number>(40).fill(7)];
const directory = [0x50, 0x4b, 0x01, 0x02, ...Array<number>(80).fill(1)];
const zip = new Uint8Array([
  ...file("a.png", [1, 2, 3]),
  ...file("empty", []),
  ...file("b.png", looksLikeAHeader),
  ...file("manifest.csv", [4]),
  ...directory,
  ...directory,
]);

describe("the files of a ZIP", () => {
  it.each([1, 2, 7, 29, 30, 31, 64, 1000])("are counted as they come in pieces of %i bytes", (size) => {
    const count = zipCounter();
    const counts = [];
    for (let at = 0; at < zip.length; at += size) counts.push(count(zip.subarray(at, at + size)));
    expect(counts.at(-1)).toBe(4);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
  });

  it("are counted once they are there whole", () => {
    const count = zipCounter();
    const first = file("a.png", [1, 2, 3]).length;
    expect(count(zip.subarray(0, first - 1))).toBe(0);
    expect(count(zip.subarray(first - 1, first))).toBe(1);
  });
});
