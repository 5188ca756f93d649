/** The lines of a text in which something stands. */
export function linesOf(words: string): string[] {
  return words
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}
