/** What makes a spreadsheet take a text for a formula (https://owasp.org/www-community/attacks/CSV_Injection), and what would hide that. */
const formula = /^['=+\-@\t\r]/;

/** One row as spreadsheets read it (RFC 4180): a cell that begins like a formula, or with an apostrophe, has one before it. */
export function csvRow(cells: readonly string[]): string {
  return `${cells
    .map((cell) => (formula.test(cell) ? `'${cell}` : cell))
    .map((cell) => (/[",;\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell))
    .join(",")}\r\n`;
}

/** A table of rows written by `csvRow`; the mark at the beginning tells Excel that it is UTF-8. */
export function csvFile(rows: readonly string[]): Blob {
  return new Blob(["\ufeff", ...rows], { type: "text/csv;charset=utf-8" });
}
