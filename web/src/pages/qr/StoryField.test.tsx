import { screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { keys } from "../../api/keys";
import { inOrganization } from "../../test/organization";
import { show } from "../../test/show";
import { StoryField } from "./StoryField";

const stories = [
  { id: "s1", title: "Как мы качаем мёд", story_type: "success_story", published_at: "2027-03-12T09:00:00Z" },
  { id: "s2", title: "Ярмарка", story_type: "event_announcement", published_at: "2027-03-10T09:00:00Z" },
];

function shown(value: string, found = stories, error?: string) {
  const onChange = vi.fn();
  show(inOrganization(<StoryField name="story" value={value} error={error} onChange={onChange} />), [
    [keys.storySearch("o1", ""), found],
    [keys.storyTitles(["s9"]), new Map([["s9", "Снятая с показа"]])],
    [keys.storyTitles(["s8"]), new Map()],
  ]);
  return onChange;
}

const names = () => screen.getAllByRole("radio").map((radio) => radio.parentElement?.textContent);

describe("choosing a story", () => {
  it("goes by the published ones, with their days", async () => {
    const onChange = shown("s2");
    expect(names()).toEqual(["Как мы качаем мёд12\u00a0марта 2027", "Ярмарка10\u00a0марта 2027"]);
    expect(screen.getByRole<HTMLInputElement>("radio", { name: /Ярмарка/ }).checked).toBe(true);
    await userEvent.click(screen.getByRole("radio", { name: /качаем/ }));
    expect(onChange).toHaveBeenCalledExactlyOnceWith("s1");
  });

  it("keeps what was chosen before in sight, whatever became of it", () => {
    shown("s9");
    expect(names()[0]).toBe("Снятая с показа");
    shown("s8");
    expect(screen.getByText("История удалена")).toBeTruthy();
  });

  it("says that there is nothing to choose, and that something has to be", () => {
    shown("", [], "required");
    expect(screen.getByText("Опубликованных историй пока нет.")).toBeTruthy();
    expect(screen.getByText("Выберите историю.")).toBeTruthy();
    expect(screen.getByLabelText("Найти историю").getAttribute("aria-invalid")).toBe("true");
  });
});
