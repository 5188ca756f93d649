import { cleanup, configure } from "@testing-library/react";
import { afterEach, beforeEach, vi } from "vitest";
import { changeLocale } from "../i18n/locale";

configure({ asyncUtilTimeout: 15_000 }); // as in vitest.config.ts

beforeEach(() => changeLocale({ language: "ru", timeZone: "Europe/Moscow" }));
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  localStorage.clear();
  sessionStorage.clear();
});
