import { describe, expect, it } from "vitest";
import { dictionary } from "./dictionary";
import { nestedQuotes } from "./quotes";

describe("quotation marks", () => {
  it.each([
    ["ru", "Удалить «Пасека «Медовый край»»?", "Удалить «Пасека „Медовый край“»?"],
    ["ru", "«Мёд» и «травы»", "«Мёд» и «травы»"],
    ["ru", "«Мёд» не сходится»", "«Мёд» не сходится»"],
    ["en", "Delete “The “Ivanov” Apiary”?", "Delete “The ‘Ivanov’ Apiary”?"],
    ["en", "Delete “ООО «Мёд»”?", "Delete “ООО ‘Мёд’”?"],
    ["ru", "Удалить «The “Ivanov” Apiary»?", "Удалить «The „Ivanov“ Apiary»?"],
    // Not quoted: as its people wrote it.
    ["en", "ООО «Мёд» and “Луг”", "ООО «Мёд» and “Луг”"],
  ] as const)("%s: %s", (language, text, expected) => {
    expect(nestedQuotes(text, language)).toBe(expected);
    expect(nestedQuotes(expected, language)).toBe(expected);
  });

  it("are nested in whatever a dictionary says", () => {
    const texts = dictionary(
      { left: { one: (name: string) => `Вы вышли из «${name}»` } },
      { left: { one: (name) => `You left “${name}”` } },
    );
    expect(texts.ru.left.one("ООО «Мёд»")).toBe("Вы вышли из «ООО „Мёд“»");
    expect(texts.en.left.one("The “Honey”")).toBe("You left “The ‘Honey’”");
  });
});
