import { renderHook } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import { useLangOf } from "./langOf";
import { changeLocale } from "./locale";

afterEach(() => changeLocale({ language: "ru" }));

it.each([
  ["en", "Пасека «Медовый край»", "ru"],
  ["en", "Meadow honey", undefined],
  ["en", 7, undefined],
  ["ru", "Пасека", undefined],
  ["ru", "Meadow honey", undefined],
] as const)("on a page in %s, %s is %s", (language, written, lang) => {
  changeLocale({ language });
  const { result } = renderHook(() => useLangOf());
  expect(result.current(written)).toBe(lang);
});
