import { render } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { queryClient } from "./queryClient";
import { takeWritten, typedMeanwhile, useChosenMeanwhile, Written } from "./Written";

function sent(page: string, answers?: unknown): Element {
  document.body.innerHTML = `<div id="root">${page}</div>`;
  if (answers !== undefined) {
    const script = document.createElement("script");
    script.id = "answers";
    script.type = "application/json";
    script.textContent = JSON.stringify(answers);
    document.body.append(script);
  }
  const root = document.querySelector("#root");
  if (!root) throw new Error("no root");
  return root;
}

afterEach(() => {
  typedMeanwhile(); // what was taken goes
  queryClient.clear();
  document.body.innerHTML = "";
});

describe("what the server wrote", () => {
  it("keeps what was typed into its field before the app came, for the first field alone", () => {
    const root = sent("<main><form><input name='q'></form></main>");
    const field = root.querySelector("input");
    if (field) field.value = "пасека у реки";
    takeWritten(root);
    expect(typedMeanwhile()).toBe("пасека у реки");
    expect(typedMeanwhile()).toBe("");
  });

  it("keeps it also while the page stands in the app's place", () => {
    const root = sent("<main><form><input name='q'></form></main>");
    takeWritten(root);
    const { container } = render(<Written />);
    const field = container.querySelector("input");
    if (!field) throw new Error("the written page is gone");
    field.value = "мёд";
    expect(typedMeanwhile()).toBe("мёд");
  });

  it.each([
    "",
    "<main>Пасека</main>",
    "текст",
    "<form><input type='hidden' name='tab' value='stories'></form>",
  ])("has nothing where nothing could be typed: %s", (page) => {
    takeWritten(sent(page));
    expect(typedMeanwhile()).toBe("");
  });

  it("keeps what was chosen in its lists, once", () => {
    const list = (name: string) =>
      `<select name="${name}"><option value="" selected>все</option><option value="B">B</option></select>`;
    const root = sent(`<main><form>${list("level")}${list("region")}</form></main>`);
    takeWritten(root);
    const level = root.querySelector("select");
    if (level) level.value = "B";
    const choose = vi.fn();
    const Page = () => {
      useChosenMeanwhile(["level", "region", "category"], choose);
      return null;
    };
    render(<Page />).rerender(<Page />);
    expect(choose.mock.calls).toEqual([[{ level: "B" }]]);
  });

  it("begins with the answers that it was written from, old enough to be asked for anew", () => {
    takeWritten(sent("<main></main>", [[["catalogue", "мёд"], { items: [] }]]));
    expect(queryClient.getQueryData(["catalogue", "мёд"])).toEqual({ items: [] });
    expect(queryClient.getQueryState(["catalogue", "мёд"])?.dataUpdatedAt).toBe(0);
  });
});
