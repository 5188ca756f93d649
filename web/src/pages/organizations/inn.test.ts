import { describe, expect, it } from "vitest";
import { cleanInn, isInn } from "./inn";

describe("the INN", () => {
  it.each(["7707083893", "7830002293", "500100732259"])("%s adds up", (inn) => {
    expect(isInn(inn)).toBe(true);
  });

  it.each(["7707083894", "500100732258", "500100732269", "770708389", "77070838930", "", "77070838a3"])(
    "%j does not",
    (inn) => {
      expect(isInn(inn)).toBe(false);
    },
  );

  it("is wrong with any one digit changed", () => {
    for (let place = 0; place < 10; place += 1) {
      const digits = Array.from("7707083893");
      digits[place] = String((Number(digits[place]) + 1) % 10);
      expect(isInn(digits.join(""))).toBe(false);
    }
  });

  it("is pasted with spaces", () => {
    expect(cleanInn(" 7707 083-893 ")).toBe("7707083893");
  });
});
