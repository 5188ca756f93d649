import { fireEvent, screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { keys } from "../../api/keys";
import type { QrStyle } from "../../api/qr";
import { inOrganization } from "../../test/organization";
import { code, style, verdict } from "../../test/qr";
import { show } from "../../test/show";
import { QRCustomizer } from "./QRCustomizer";

function shown(saved: QrStyle, mayWrite = true) {
  return show(inOrganization(<QRCustomizer code={code()} mayWrite={mayWrite} />), [
    [keys.qrStyle("q1"), saved],
    [keys.qrVerdict(JSON.stringify(saved)), verdict()],
    [keys.qrPreview("o1", JSON.stringify(saved)), "data:image/svg+xml,<svg/>"],
  ]);
}

const button = (name: string) => screen.queryByRole("button", { name });

describe("QRCustomizer", () => {
  it("shows the saved look, its verdict, and what can be downloaded", () => {
    shown(style({ foreground: "#1d4ed8", module_shape: "dots" }));
    expect(screen.getByRole("img", { name: "Как будет выглядеть код" })).toBeTruthy();
    expect(screen.getByText("Телефоны прочтут")).toBeTruthy();
    expect(screen.getByLabelText<HTMLInputElement>("Цвет кода").value).toBe("#1d4ed8");
    expect(screen.getByLabelText<HTMLSelectElement>("Форма точек").value).toBe("dots");
    for (const format of ["PNG", "SVG", "PDF"]) expect(button(`Скачать ${format}`)).toBeTruthy();
    expect(button("Применить")).toBeNull();
  });

  it("downloads only what was applied, and takes a change back", async () => {
    shown(style());
    fireEvent.change(screen.getByLabelText("Цвет кода"), { target: { value: "#b45309" } });
    expect(button("Скачать PNG")).toBeNull();
    expect(screen.getByText(/^Сначала примените/)).toBeTruthy();
    expect(button("Применить")).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Вернуть как было" }));
    expect(screen.getByLabelText<HTMLInputElement>("Цвет кода").value).toBe("#000000");
    expect(button("Скачать PNG")).toBeTruthy();
  });

  it("puts a call to action into the frame in the chosen language", async () => {
    shown(style());
    const frame = screen.getByLabelText("Рамка с призывом");
    await userEvent.selectOptions(frame, "en");
    expect(screen.getByLabelText<HTMLInputElement>("Слова в рамке").value).toBe("Check the producer");
    await userEvent.selectOptions(frame, "none");
    expect(screen.queryByLabelText("Слова в рамке")).toBeNull();
  });

  it("offers nothing to change to whoever only looks", () => {
    shown(style(), false);
    expect(screen.queryByLabelText("Цвет кода")).toBeNull();
    expect(button("Скачать PNG")).toBeTruthy();
  });
});
