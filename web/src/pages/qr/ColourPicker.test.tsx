import { fireEvent, screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { show } from "../../test/show";
import { ColourPicker } from "./ColourPicker";

function shown() {
  const onChange = vi.fn();
  show(<ColourPicker label="Цвет кода" value="#000000" onChange={onChange} />);
  return { onChange, written: screen.getByLabelText<HTMLInputElement>("Цвет кода, запись") };
}

describe("the colour picker", () => {
  it.each(["#1d4ed8", "#1D4ED8", "1d4ed8"])("takes %s as it is written", async (typed) => {
    const { onChange, written } = shown();
    await userEvent.clear(written);
    await userEvent.type(written, typed);
    expect(onChange).toHaveBeenCalledExactlyOnceWith("#1d4ed8");
    expect(written.getAttribute("aria-invalid")).toBeNull();
  });

  it.each(["#1d4", "#1d4ed", "red", "#12345g"])(
    "passes nothing on for %s, and says what is wanted",
    async (typed) => {
      const { onChange, written } = shown();
      await userEvent.clear(written);
      await userEvent.type(written, typed);
      expect(onChange).not.toHaveBeenCalled();
      expect(written.getAttribute("aria-invalid")).toBe("true");
      expect(screen.getByText(/например #1d4ed8/).id).toBe(written.getAttribute("aria-describedby"));
    },
  );

  it("has the browser's own picker beside it", () => {
    const { onChange } = shown();
    fireEvent.change(screen.getByLabelText("Цвет кода"), { target: { value: "#b45309" } });
    expect(onChange).toHaveBeenCalledExactlyOnceWith("#b45309");
  });
});
