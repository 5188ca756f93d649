import { act, screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { OnDrawn } from "../../api/qr";
import { plain, show } from "../../test/show";
import { ZipExport } from "./ZipExport";

/** An export under way, whose end is in the test's hands. */
function begun(count = 1000) {
  let told: { onDrawn: OnDrawn; signal: AbortSignal } | undefined;
  let finish: (file: Blob) => void = () => undefined;
  const archive = vi.fn((_: string, options: { onDrawn: OnDrawn; signal: AbortSignal }) => {
    told = options;
    return new Promise<Blob>((resolve, reject) => {
      finish = resolve;
      options.signal.addEventListener("abort", () => reject(new DOMException("Aborted", "AbortError")));
    });
  });
  const { container } = show(<ZipExport count={count} name="qr-paseka" archive={archive} />);
  return {
    archive,
    text: () => plain(container.textContent),
    draw: (files: number) => act(() => told?.onDrawn(files)),
    finish: () => act(async () => finish(await Promise.resolve(new Blob(["PK"])))),
    isStopped: () => told?.signal.aborted,
  };
}

async function chooses(format: string) {
  await userEvent.selectOptions(screen.getByLabelText("Формат"), format);
  await userEvent.click(screen.getByRole("button", { name: "Скачать ZIP" }));
}

const saved: string[] = [];

beforeEach(() => {
  saved.length = 0;
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
    saved.push(this.download);
  });
});

describe("the ZIP of codes", () => {
  it("comes in the chosen format, counts what is drawn without its manifest, and is saved", async () => {
    const zip = begun();
    await chooses("svg");
    expect(zip.archive).toHaveBeenCalledExactlyOnceWith("svg", expect.anything());
    expect(zip.text()).toContain("0 из 1 000");
    zip.draw(413);
    expect(zip.text()).toContain("413 из 1 000");
    expect(screen.getByRole("progressbar").getAttribute("value")).toBe("413");
    zip.draw(1001);
    expect(zip.text()).toContain("1 000 из 1 000");
    await zip.finish();
    expect(saved).toEqual(["qr-paseka.zip"]);
    expect(screen.getByRole("button", { name: "Скачать ZIP" })).toBeTruthy();
  });

  it("can be stopped, and then saves nothing", async () => {
    const zip = begun();
    await chooses("png");
    await userEvent.click(screen.getByRole("button", { name: "Остановить" }));
    expect(zip.isStopped()).toBe(true);
    expect(await screen.findByRole("button", { name: "Скачать ZIP" })).toBeTruthy();
    expect(saved).toEqual([]);
  });

  it("of nothing is not offered", () => {
    begun(0);
    expect(screen.getByRole<HTMLButtonElement>("button", { name: "Скачать ZIP" }).disabled).toBe(true);
  });
});
