import { describe, expect, it } from "vitest";
import { levelReasons } from "../api/codes";
import { statusTexts } from "../i18n/status";
import { whyInWords } from "./StatusTimeline";

const t = statusTexts.ru;

describe("the reason of a change", () => {
  it("is told in our words where it is one of ours", () => {
    expect(whyInWords({ reason: "refunded", action: "revoked" }, t)).toBe(
      "деньги за этот период возвращены.",
    );
  });

  it("is an admin's own sentence as it was written", () => {
    expect(whyInWords({ reason: "Сертификат отозван", action: "revoked" }, t)).toBe("Сертификат отозван");
  });

  it("is not told twice where the event says it already", () => {
    expect(whyInWords({ reason: "payment_failed", action: "grace_started" }, t)).toBeUndefined();
    expect(whyInWords({ reason: "paid", action: "superseded" }, t)).toBeUndefined();
  });

  it("never shows a code", () => {
    expect(whyInWords({ reason: "came_after_this_build", action: "revoked" }, t)).toBeUndefined();
    for (const reason of levelReasons)
      expect(whyInWords({ reason, action: "revoked" }, t) ?? "").not.toMatch(/_/);
  });
});
