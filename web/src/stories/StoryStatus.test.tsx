import { beforeEach, expect, it, vi } from "vitest";
import { plain, show } from "../test/show";
import { published, story } from "../test/stories";
import { StoryStatus } from "./StoryStatus";

beforeEach(() => {
  vi.useFakeTimers({ now: new Date("2027-03-20T09:00:00Z"), toFake: ["Date"] });
  return () => vi.useRealTimers();
});

it.each([
  [story(), "Черновик"],
  [story({ status: "pending_review" }), "На проверке"],
  [story({ status: "rejected" }), "Отклонена"],
  [published(), "Опубликована"],
  // By the organization's clocks, not by the reader's.
  [published({ published_at: "2027-03-20T23:30:00Z" }), "Выйдет 21 марта 2027, 09:30"],
  [story({ deleted_at: "2027-03-19T09:00:00Z" }), "Удалена"],
])("says where the story is on its way (%#)", (one, words) => {
  const { container } = show(<StoryStatus story={one} timeZone="Asia/Vladivostok" />);
  expect(plain(container.textContent)).toBe(words);
});
