import { fireEvent, screen, waitFor } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { ApiError } from "../../api/errors";
import { plain, show } from "../../test/show";
import { LogoUpload } from "./LogoUpload";

function shown(path: string | null = null, send = vi.fn(() => Promise.resolve("o1/made.png"))) {
  const onLogo = vi.fn();
  const { container } = show(<LogoUpload logo={{ path, scale: 0.25 }} send={send} onLogo={onLogo} />);
  const choose = (file: File) => {
    const input = container.querySelector<HTMLInputElement>("input[type=file]");
    if (input) fireEvent.change(input, { target: { files: [file] } });
  };
  return { send, onLogo, choose };
}

const png = (bytes: number) => new File([new Uint8Array(bytes)], "logo.png", { type: "image/png" });

describe("the upload of a logo", () => {
  it("sends a picture, and passes on what was made of it", async () => {
    const { send, onLogo, choose } = shown();
    choose(png(10));
    await waitFor(() => expect(onLogo).toHaveBeenCalledExactlyOnceWith({ path: "o1/made.png" }));
    expect(send).toHaveBeenCalledOnce();
  });

  it.each([
    ["an empty file", png(0), "Файл пустой."],
    ["more than 10 MB", png(10 * 1024 * 1024 + 1), "Файл больше 10 МБ."],
    [
      "an SVG",
      new File(["<svg/>"], "logo.svg", { type: "image/svg+xml" }),
      "нужна картинка JPEG, PNG или WebP",
    ],
    ["a program", new File(["MZ"], "logo.exe", { type: "application/x-msdownload" }), "нужна картинка"],
  ])("refuses %s before it is sent", (_, file, words) => {
    const { send, onLogo, choose } = shown();
    choose(file);
    expect(plain(screen.getByRole("alert").textContent)).toContain(words);
    expect(send).not.toHaveBeenCalled();
    expect(onLogo).not.toHaveBeenCalled();
  });

  it("says what the inspector found in a file that only looked like a picture", async () => {
    const found = new ApiError("invalid_input", {
      status: 422,
      fields: [{ field: "path", code: "polyglot" }],
    });
    const { onLogo, choose } = shown(
      null,
      vi.fn(() => Promise.reject(found)),
    );
    choose(png(10));
    expect((await screen.findByRole("alert")).textContent).toContain("спрятано что-то ещё");
    expect(onLogo).not.toHaveBeenCalled();
  });

  it("can be taken away again, and made larger and smaller within what cameras bear", async () => {
    const { onLogo } = shown("o1/made.png");
    const width = screen.getByRole("slider");
    expect([width.getAttribute("min"), width.getAttribute("max")]).toEqual(["0.1", "0.3"]);
    fireEvent.change(width, { target: { value: "0.2" } });
    expect(onLogo).toHaveBeenLastCalledWith({ scale: 0.2 });
    await userEvent.click(screen.getByRole("button", { name: "Убрать логотип" }));
    expect(onLogo).toHaveBeenLastCalledWith({ path: null });
  });
});
