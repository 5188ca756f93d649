import { fireEvent, screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { show } from "../test/show";
import { ImageViewer } from "./ImageViewer";
import { StoryPicture } from "./StoryPicture";

it("has words for who does not see it, and fills the screen until it is put away", async () => {
  show(<StoryPicture src="https://api.test/hives.webp" title="Ульи" />);
  expect(screen.getByRole("img").getAttribute("alt")).toBe("Фото к истории «Ульи»");
  await userEvent.click(screen.getByRole("button", { name: /Открыть на весь экран/ }));
  expect(screen.getByRole("dialog", { name: "Фото к истории «Ульи»" })).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Следующее фото" })).toBeNull();
  await userEvent.click(screen.getByRole("button", { name: "Закрыть" }));
  expect(screen.queryByRole("dialog")).toBeNull();
});

it("is turned by arrows where there are several", () => {
  const scrollBy = vi.spyOn(HTMLElement.prototype, "scrollBy");
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(360);
  const pictures = ["a", "b"].map((name) => ({ src: `https://api.test/${name}.webp`, alt: name }));
  show(<ImageViewer pictures={pictures} onClose={vi.fn()} />);
  expect(screen.getByText("1 из 2")).toBeTruthy();
  for (const key of ["ArrowRight", "ArrowLeft"]) fireEvent.keyDown(screen.getByRole("dialog"), { key });
  expect(scrollBy.mock.calls).toEqual([[{ left: 360 }], [{ left: -360 }]]);
});
