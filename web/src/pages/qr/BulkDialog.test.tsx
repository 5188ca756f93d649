import { screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { inOrganization } from "../../test/organization";
import { show } from "../../test/show";
import { BulkDialog } from "./BulkDialog";
import { linesOf } from "./lines";

async function sent(names: string): Promise<HTMLTextAreaElement> {
  show(inOrganization(<BulkDialog open onClose={vi.fn()} />));
  const field = screen.getByLabelText<HTMLTextAreaElement>("Названия");
  await userEvent.click(field);
  await userEvent.paste(names);
  await userEvent.click(screen.getByRole("button", { name: "Создать" }));
  return field;
}

describe("creating in bulk", () => {
  it("takes a title from each line that is not empty", () => {
    expect(linesOf(" Мёд липовый \r\n\n\t\nВоск\n")).toEqual(["Мёд липовый", "Воск"]);
  });

  it.each([
    ["nothing", " \n ", "Заполните это поле."],
    ["201 lines", "Мёд\n".repeat(201), "Не больше 200 строк."],
  ])("refuses %s before anything is sent, and keeps what was typed", async (_, names, words) => {
    const field = await sent(names);
    expect(screen.getByText(new RegExp(words))).toBeTruthy();
    expect(document.activeElement).toBe(field);
    expect(field.value).toBe(names);
  });
});
