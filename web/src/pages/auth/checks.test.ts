import { expect, it } from "vitest";
import { emailMistake, mistakes, newPasswordMistake } from "./checks";

it.each([
  ["", "required"],
  ["   ", "required"],
  ["anna", "invalid_email"],
  ["anna@zavod", "invalid_email"],
  ["an na@zavod.ru", "invalid_email"],
  [" anna@zavod.ru ", undefined],
  ["anna@завод.рф", undefined],
  ["анна@завод.рф", "local_part_not_ascii"],
])("the address %j: %s", (email, mistake) => {
  expect(emailMistake(email)).toBe(mistake);
});

it.each([
  ["", "required"],
  ["1234567", "too_short"],
  ["12345678", "too_common"],
  ["ПАРОЛЬ123", "too_common"],
  ["x1234567", undefined],
  ["Ы".repeat(36), undefined],
  ["Ы".repeat(37), "too_long"],
])("the password %j: %s", (password, mistake) => {
  expect(newPasswordMistake(password)).toBe(mistake);
});

it("keeps only the mistakes there are", () => {
  expect(mistakes({ email: "required", password: undefined })).toEqual({ email: "required" });
});
