import { expect, test } from "vitest";
import { csvFile, csvRow } from "./csv";

test.each([
  [["a", "b"], "a,b\r\n"],
  [["", "1 490,00"], ',"1 490,00"\r\n'],
  [['Пасека "Мёд"', "две\nстроки"], '"Пасека ""Мёд""","две\nстроки"\r\n'],
])("a row is written as spreadsheets read it: %j", (cells, row) => {
  expect(csvRow(cells)).toBe(row);
});

test.each(["=1+1", "+7", "-5", "@SUM(A1)", "\tx", "\rx", "'=1", '=HYPERLINK("http://a";"b")'])(
  "what begins like a formula is told as a text: %j",
  (cell) => {
    expect(csvRow([cell]).replace(/^"/, "").startsWith("'")).toBe(true);
  },
);

test("the file says that it is UTF-8", async () => {
  const bytes = new Uint8Array(await csvFile([csvRow(["мёд"])]).arrayBuffer());
  expect([...bytes.slice(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
});
