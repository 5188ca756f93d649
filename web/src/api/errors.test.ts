import { describe, expect, it } from "vitest";
import { errorCodes } from "./codes";
import { ApiError, asApiError, fromAuth, fromFunction, fromPostgrest, fromStorage } from "./errors";

describe("an error of the database", () => {
  it.each(Object.entries(errorCodes))("%s keeps its code and status", (code, status) => {
    expect(fromPostgrest({ message: code, code: `PT${status}`, details: "x" }, status)).toMatchObject({
      code,
      status,
    });
  });

  it("tells what is wrong with each field", () => {
    const details = '[{"field": "inn", "code": "invalid_inn"}, {"nonsense": 1}]';
    const error = fromPostgrest({ message: "invalid_input", code: "PT422", details }, 422);
    expect(error.fields).toEqual([{ field: "inn", code: "invalid_inn" }]);
  });

  it.each([
    [{ message: "JWT expired", code: "PGRST301", details: "" }, 401, "sign_in_required"],
    [{ message: "permission denied", code: "42501", details: "" }, 403, "not_allowed"],
    [{ message: "no rows", code: "PGRST116", details: "" }, 406, "not_found"],
    [{ message: "bad gateway", code: "", details: "" }, 502, "unavailable"],
    [{ message: "TypeError: fetch failed", code: "", details: "" }, 0, "offline"],
    [{ message: "toString", code: "", details: "" }, 500, "unexpected"],
  ])("that is not ours is told in our words: %j", (said, status, code) => {
    expect(fromPostgrest(said, status).code).toBe(code);
  });
});

it("knows the codes of functions, and the request's id", () => {
  const error = fromFunction({ error: "payment_provider_error", detail: "x", request_id: "r1" }, 502);
  expect(error).toMatchObject({ code: "payment_provider_error", requestId: "r1" });
  expect(fromFunction("<html>", 503).code).toBe("unavailable");
});

it("knows what Supabase Auth and Storage mean", () => {
  expect(
    fromAuth({ name: "AuthApiError", message: "x", code: "invalid_credentials", status: 400 }).code,
  ).toBe("wrong_credentials");
  expect(fromAuth({ name: "AuthRetryableFetchError", message: "x", status: 0 }).code).toBe("offline");
  expect(
    fromStorage({ message: "The object exceeded the maximum allowed size", statusCode: "413" }).code,
  ).toBe("too_large");
  expect(fromStorage({ message: "new row violates row-level security policy", status: 400 }).code).toBe(
    "not_allowed",
  );
});

it("takes anything that was thrown", () => {
  const known = new ApiError("not_found");
  expect(asApiError(known)).toBe(known);
  expect(asApiError(new TypeError("Failed to fetch")).code).toBe("offline");
  expect(asApiError("what").code).toBe("unexpected");
});
