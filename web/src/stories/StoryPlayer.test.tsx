import { act, screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { changeLocale } from "../i18n/locale";
import { show } from "../test/show";
import { StoryPlayer } from "./StoryPlayer";

const film = (
  <StoryPlayer src="https://api.test/film.mp4" poster="https://api.test/poster.webp" title="Мёд" />
);

describe("a story's video", () => {
  it("has a player that is named after the story, in the reader's language", async () => {
    const { container } = show(film);
    const player = await screen.findByRole("group", { name: "Видео: Мёд" });
    expect(player.getAttribute("lang")).toBe("ru");
    expect(screen.getByRole("button", { name: "Воспроизвести" })).toBeTruthy();
    expect(screen.getByRole("slider", { name: "Перемотка" })).toBeTruthy();
    act(() => changeLocale({ language: "en" }));
    expect(await screen.findByRole("button", { name: "Play" })).toBeTruthy();
    const video = container.querySelector("video");
    expect(video?.getAttribute("src")).toBe("https://api.test/film.mp4");
    expect(video?.getAttribute("poster")).toBe("https://api.test/poster.webp");
    expect(video?.hasAttribute("playsinline")).toBe(true);
  });

  it("is not asked for before it is wanted where the reader saves data", async () => {
    vi.stubGlobal("navigator", Object.create(navigator, { connection: { value: { saveData: true } } }));
    const { container } = show(film);
    const button = screen.getByRole("button", { name: "Смотреть видео: Мёд" });
    await act(() => import("./VideoPlayer"));
    expect(container.querySelector("video")).toBeNull();
    await userEvent.click(button);
    await screen.findByRole("group", { name: "Видео: Мёд" });
    expect(container.querySelector("video")).not.toBeNull();
  });
});
