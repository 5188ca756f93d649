import { describe, expect, it } from "vitest";
import { safeNext, withNext } from "./next";

describe("the page after signing in", () => {
  it.each(["/dashboard/billing?a=1#b", "/invitations/x"])("is ours: %s", (next) => {
    expect(safeNext(next)).toBe(next);
  });

  it.each([
    null,
    "",
    "//elsewhere.example",
    "https://elsewhere.example",
    "/\\elsewhere.example",
    "javascript:alert(1)",
    "/\t/elsewhere.example",
    "/.//elsewhere.example",
    "/no-such-page",
    "/sign-in",
  ])("is never somebody else's: %j", (next) => {
    expect(safeNext(next)).toBe("/dashboard");
  });

  it("may be written whole, as our e-mails do", () => {
    expect(safeNext(`${location.origin}/account?a=1`)).toBe("/account?a=1");
  });

  it("is carried along, but not where everybody goes anyway", () => {
    expect(withNext("/sign-in", "/account?a=1")).toBe("/sign-in?next=%2Faccount%3Fa%3D1");
    expect(withNext("/sign-in", "/dashboard")).toBe("/sign-in");
    expect(withNext("/sign-in", null)).toBe("/sign-in");
  });
});
