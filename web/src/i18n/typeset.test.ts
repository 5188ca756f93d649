import { describe, expect, it } from "vitest";
import { dictionary } from "./dictionary";
import { typeset } from "./typeset";

describe("a text is set", () => {
  it.each([
    ["ru", "Осталось 14 дней — и всё", "Осталось 14\u00a0дней\u00a0— и всё"],
    ["ru", "обращение № 5: 30 % от 1 ₽", "обращение №\u00a05: 30\u00a0% от 1\u00a0₽"],
    ["ru", "9–12, и 5 — 7", "9–12, и 5\u00a0— 7"],
    ["ru", "«Пасека «Край»» — 2 года", "«Пасека „Край“»\u00a0— 2\u00a0года"],
    ["en", "B — “The “Ivanov””, 14 days", "B\u00a0— “The ‘Ivanov’”, 14 days"],
  ] as const)("%s: %s", (language, text, expected) => {
    expect(typeset(text, language)).toBe(expected);
    expect(typeset(expected, language)).toBe(expected);
  });

  it("whatever a dictionary holds: words, lists, functions", () => {
    const { ru } = dictionary(
      { one: "за 7 дней", list: ["за 3 дня"], left: (days: number) => `${days} дней — и всё` },
      { one: "7 days", list: ["3 days"], left: (days) => `${days} days` },
    );
    expect([ru.one, ru.list[0], ru.left(7)]).toEqual([
      "за 7\u00a0дней",
      "за 3\u00a0дня",
      "7\u00a0дней\u00a0— и всё",
    ]);
  });
});
