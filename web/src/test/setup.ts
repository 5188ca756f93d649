import { cleanup } from "@testing-library/react";
import { afterEach, beforeEach, vi } from "vitest";
import { changeLocale } from "../i18n/locale";

beforeEach(() => changeLocale({ language: "ru", timeZone: "Europe/Moscow" }));
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  localStorage.clear();
  sessionStorage.clear();
});
