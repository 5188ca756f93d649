import { act, fireEvent, screen, within } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { ApiError } from "../../api/errors";
import type { Import } from "../../api/qr";
import type { OnProgress } from "../../api/storage";
import { plain, show } from "../../test/show";
import { CsvUpload } from "./CsvUpload";

type Options = { dryRun: boolean; onProgress: OnProgress; signal: AbortSignal };

const good: Import = { rows: 200, created: 0, batch_id: null, encoding: "utf-8", delimiter: ";", errors: [] };
const made: Import = { ...good, created: 200, batch_id: "b1" };

/** A dialog's content whose questions are answered by the test. */
function shown() {
  const asked: { options: Options; answer: (found: Import | ApiError) => Promise<void> }[] = [];
  const send = (_: File, options: Options) =>
    new Promise<Import>((resolve, reject) => {
      options.signal.addEventListener("abort", () => reject(new DOMException("Aborted", "AbortError")));
      asked.push({
        options,
        answer: (found) =>
          act(async () => {
            if (found instanceof ApiError) reject(found);
            else resolve(found);
            await Promise.resolve();
          }),
      });
    });
  const [onMade, onClose] = [vi.fn(), vi.fn()];
  const { container } = show(
    <CsvUpload name="qr" send={send} archive={vi.fn()} onMade={onMade} onClose={onClose} />,
  );
  const choose = () => {
    const input = container.querySelector<HTMLInputElement>("input[type=file]");
    const file = new File(["title\nМёд"], "коды.csv", { type: "text/csv" });
    if (input) fireEvent.change(input, { target: { files: [file] } });
  };
  return { asked, choose, onMade, onClose, text: () => plain(container.textContent) };
}

describe("the upload of a table", () => {
  it("looks at it first, makes the codes when told so, and offers them as a ZIP", async () => {
    const { asked, choose, onMade, onClose, text } = shown();
    choose();
    expect(asked.map(({ options }) => options.dryRun)).toEqual([true]);
    await asked[0]?.answer(good);
    expect(text()).toContain("200 строк, ошибок нет");
    expect(onMade).not.toHaveBeenCalled();
    await userEvent.click(screen.getByRole("button", { name: "Создать 200\u00a0кодов" }));
    expect(asked.map(({ options }) => options.dryRun)).toEqual([true, false]);
    await asked[1]?.answer(made);
    expect(text()).toContain("Создано кодов: 200");
    expect(onMade).toHaveBeenCalledOnce();
    expect(screen.getByRole("button", { name: "Скачать ZIP" })).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Готово" }));
    expect(onClose).toHaveBeenCalledOnce();
  });

  it("says how much is sent, and can be stopped until all of it is", async () => {
    const { asked, choose, text } = shown();
    choose();
    act(() => asked[0]?.options.onProgress(0.41));
    expect(text()).toContain("Отправляем файл…41 %");
    await userEvent.click(screen.getByRole("button", { name: "Остановить" }));
    expect(asked[0]?.options.signal.aborted).toBe(true);
    expect(screen.getByRole("button", { name: "Другой файл" })).toBeTruthy();

    choose();
    await asked[1]?.answer(good);
    await userEvent.click(screen.getByRole("button", { name: "Создать 200\u00a0кодов" }));
    act(() => asked[2]?.options.onProgress(1));
    expect(screen.getByRole("progressbar").hasAttribute("value")).toBe(false);
    expect(screen.queryByRole("button", { name: "Остановить" })).toBeNull();
    expect(text()).toContain("создадим все коды или, если что-то помешает, ни одного");
  });

  it("names what is wrong by row and column, the first twenty, and makes nothing of it", async () => {
    const { asked, choose, text } = shown();
    choose();
    const errors = Array.from({ length: 30 }, (_, row) => ({
      row: row + 2,
      column: "title",
      code: "required",
    }));
    await asked[0]?.answer({
      ...good,
      errors: [{ row: null, column: "title", code: "missing_column" }, ...errors],
    });
    expect(text()).toContain("31 ошибка, ничего не создано");
    const rows = within(screen.getByRole("table", { name: "Ошибки в таблице" })).getAllByRole("row");
    expect(rows).toHaveLength(21);
    expect(rows[1]?.textContent).toBe("весь файлtitleНе хватает столбца.");
    expect(rows[2]?.textContent).toBe("2titleЗаполните это поле.");
    expect(screen.queryByRole("button", { name: /^Создать/ })).toBeNull();
  });

  it("says why the table was not taken at all", async () => {
    const { asked, choose } = shown();
    choose();
    await asked[0]?.answer(new ApiError("plan_limit_reached", { status: 402 }));
    expect(screen.getByRole("alert")).toBeTruthy();
    expect(screen.getByRole("button", { name: "Другой файл" })).toBeTruthy();
  });
});
