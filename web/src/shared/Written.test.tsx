import { render } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import { queryClient } from "./queryClient";
import { takeWritten, typedMeanwhile, Written } from "./Written";

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

  it.each(["", "<main>Пасека</main>", "текст"])("has nothing where nothing could be typed: %s", (page) => {
    takeWritten(sent(page));
    expect(typedMeanwhile()).toBe("");
  });

  it("begins with the answers that it was written from, old enough to be asked for anew", () => {
    takeWritten(sent("<main></main>", [[["catalogue", "мёд"], { items: [] }]]));
    expect(queryClient.getQueryData(["catalogue", "мёд"])).toEqual({ items: [] });
    expect(queryClient.getQueryState(["catalogue", "мёд"])?.dataUpdatedAt).toBe(0);
  });
});
