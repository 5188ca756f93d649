import { describe, expect, it } from "vitest";
import { noTarget, tagsOf, targetFaults, targetOf } from "./target";

describe("where a code leads", () => {
  it("is asked for in the database's words, one target at a time", () => {
    const typed = { url: " paseka.ru/мёд?a#1 ", story: "s1" };
    expect(targetOf({ ...typed, kind: "organization_page" })).toEqual({ target_kind: "organization_page" });
    expect(targetOf({ ...typed, kind: "story" })).toEqual({ target_kind: "story", story_id: "s1" });
    expect(targetOf({ ...typed, kind: "url" })).toEqual({
      target_kind: "url",
      target_url: "https://paseka.ru/мёд?a#1",
    });
  });

  it.each(["http://a.ru", "HTTPS://a.ru", "ftp://a.ru", "javascript:alert(1)"])(
    "keeps the scheme of %s: the database decides about it",
    (url) => expect(targetOf({ ...noTarget, kind: "url", url }).target_url).toBe(url),
  );

  it("has to be named", () => {
    expect(targetFaults(noTarget)).toEqual({});
    expect(targetFaults({ ...noTarget, kind: "url", url: " " })).toEqual({ url: "required" });
    expect(targetFaults({ ...noTarget, kind: "story" })).toEqual({ story: "required" });
  });
});

describe("tags", () => {
  it("are parted by commas", () => expect(tagsOf(" мёд, ,липа 2026,")).toEqual(["мёд", "липа 2026"]));
});
