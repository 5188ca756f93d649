import { describe, expect, it } from "vitest";
import type { HeldLevel, LostLevel, StatusLevel } from "../api/statuses";
import { plain } from "../test/show";
import { verdict } from "./verdict";

const held = (...levels: StatusLevel[]): HeldLevel[] =>
  levels.map((level) => ({ level, kind: "paid", since: "2027-01-01T00:00:00Z", valid_until: null }));
const lost = (level: StatusLevel, reason: string | null, day = "2027-03-12"): LostLevel => ({
  level,
  held_from: "2027-01-01T00:00:00Z",
  lost_at: `${day}T12:00:00Z`,
  action: "revoked",
  reason,
  by: "chestno",
});
const said = (levels: HeldLevel[], gone: LostLevel[], language: "ru" | "en" = "ru") =>
  verdict({ levels, lost: gone }, language, "Europe/Moscow").map(plain);

describe("the verdict", () => {
  it("says what is held and why", () => {
    expect(said(held("C", "B", "A"), [])).toEqual([
      "Держит статусы C, B и A: открытость заслужена делами, документы проверены, участие оплачено.",
    ]);
  });

  it("says so when documents were not checked", () => {
    expect(said(held("A"), [])).toEqual(["Держит статус A: участие оплачено, документы мы не проверяли."]);
    expect(said(held("0"), [], "en")).toEqual([
      "Holds status 0: on trial, we have not checked any documents.",
    ]);
  });

  it("tells what was lost on one day for one reason in one sentence, in the moderator's words", () => {
    const why = "Документы «Мёда» оказались чужими.";
    expect(said([], [lost("C", why), lost("B", why), lost("A", why)])).toEqual([
      "Статусы C, B и A утрачены 12 марта 2027: «Документы „Мёда“ оказались чужими».",
    ]);
  });

  it("tells other reasons and other days apart, and never shows a code", () => {
    expect(
      said(held("A"), [lost("C", "criteria_not_met"), lost("B", "came_after_this_build", "2027-02-01")]),
    ).toEqual([
      "Держит статус A: участие оплачено, документы мы не проверяли.",
      "Статус C утрачен 12 марта 2027: условия уровня C больше не выполняются.",
      "Статус B утрачен 1 февраля 2027.",
    ]);
  });

  it("says that there never was one", () => {
    expect(said([], [])).toEqual(["Статуса ещё не было."]);
  });
});
