import { expect, it } from "vitest";
import { show } from "../test/show";
import { ContentOriginBadge } from "./ContentOriginBadge";

it.each([
  ["direct_input", ""],
  ["video_upload", "Видео"],
  ["telegram_import", "Из Telegram"],
  ["external_link", "По ссылке"],
] as const)("says where a story came from, unless it was written here: %s", (origin, words) => {
  const { container } = show(<ContentOriginBadge origin={origin} />);
  expect(container.textContent).toBe(words);
});
