import { cleanup } from "@testing-library/react";
import { afterEach, beforeEach } from "vitest";
import { changeLocale } from "../i18n/locale";

beforeEach(() => changeLocale({ language: "ru", timeZone: "Europe/Moscow" }));
afterEach(cleanup);
