import { describe, expect, it } from "vitest";
import type { Sentence } from "../api/statuses";
import { plain } from "../test/show";
import { verdict } from "./verdict";

const at = "2027-03-12T12:00:00Z";
const said = (sentences: Sentence[], language: "ru" | "en" = "ru") =>
  verdict(sentences, language, "Europe/Moscow").map(plain);

// The same sentences as tests/functions/test_passport.py: pages and e-mails say one thing.
describe("the verdict", () => {
  it("says what is held and why", () => {
    expect(said([{ sentence: "held", levels: ["C", "B", "A"], unchecked: false }])).toEqual([
      "Держит статусы C, B и A: открытость заслужена делами, документы проверены, участие оплачено.",
    ]);
  });

  it("says so when documents were not checked", () => {
    expect(said([{ sentence: "held", levels: ["A"], unchecked: true }])).toEqual([
      "Держит статус A: участие оплачено, документы мы не проверяли.",
    ]);
    expect(said([{ sentence: "held", levels: ["0"], unchecked: true }], "en")).toEqual([
      "Holds status 0: on trial, we have not checked any documents.",
    ]);
  });

  it("tells what was lost, when and why: a moderator's words as a quotation, ours as they are", () => {
    const lost = { sentence: "lost", at, reason: null, said: null } as const;
    expect(
      said([
        { ...lost, levels: ["C", "B", "A"], said: "Документы «Мёда» оказались чужими" },
        { ...lost, levels: ["C"], reason: "criteria_not_met" },
        { ...lost, levels: ["B"], sentence: "lost_unexplained" },
      ]),
    ).toEqual([
      "Статусы C, B и A утрачены 12 марта 2027: «Документы „Мёда“ оказались чужими».",
      "Статус C утрачен 12 марта 2027: условия уровня C больше не выполняются.",
      "Статус B утрачен 12 марта 2027.",
    ]);
  });

  it("tells that what is held was lost before", () => {
    expect(said([{ sentence: "regained", levels: ["B", "A"], at }])).toEqual([
      "Статусы B и A терялись 12 марта 2027 и получены снова.",
    ]);
    expect(said([{ sentence: "regained", levels: ["B"], at }], "en")).toEqual([
      "Status B was lost on 12 March 2027 and granted again.",
    ]);
  });

  it("never shows a code", () => {
    expect(
      said([{ sentence: "lost", levels: ["B"], at, reason: "came_after_this_build", said: null }]),
    ).toEqual(["Статус B утрачен 12 марта 2027."]);
  });

  it("says that there never was one", () => {
    expect(said([{ sentence: "never" }])).toEqual(["Статуса ещё не было."]);
  });
});
