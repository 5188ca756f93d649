import { describe, expect, it } from "vitest";
import type { QrVerdict } from "../../api/qr";
import { verdict } from "../../test/qr";
import { plain, show } from "../../test/show";
import { StyleVerdict } from "./StyleVerdict";

const said = (found: QrVerdict | undefined) =>
  plain(show(<StyleVerdict verdict={found} />).container.textContent);

describe("the verdict on a style", () => {
  it("of a good one names the least size and the contrast", () => {
    expect(said(verdict({ contrast: 6.709, min_mm: 16.5 }))).toBe(
      "Телефоны прочтутПечатайте шириной не меньше 16,5 мм.Контраст 6,7 : 1.",
    );
  });

  it("never rounds a contrast up to enough", () => {
    const close = said(verdict({ ok: false, contrast: 4.499, problems: ["contrast_too_low"] }));
    expect(close).toContain("Контраст 4,4 : 1, нужно не меньше 4,5.");
  });

  it("tells light on dark apart from too little contrast", () => {
    const inverted = said(verdict({ ok: false, problems: ["light_on_dark"] }));
    expect(inverted).toContain("Поменяйте цвета местами");
    expect(inverted).not.toContain("Контраст");
  });

  it("names the decoder that fails, and how it then sees the code", () => {
    const opencv = { clean: true, blurred: false, small: false };
    const found = said(
      verdict({ ok: false, problems: ["unreadable"], decodes: { ...verdict().decodes, opencv } }),
    );
    expect(found).toContain("OpenCV не читает: размытый, мелкий.");
    expect(found).not.toContain("ZXing");
  });

  it("says that it is being looked for", () => {
    expect(said(undefined)).toBe("Проверяем, прочтут ли телефоны…");
  });
});
