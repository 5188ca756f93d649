import { screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { answering } from "../test/network";
import { show } from "../test/show";
import { published } from "../test/stories";
import { OrganizationStoriesTab } from "./OrganizationStoriesTab";

const stories = "GET /rest/v1/stories";
const tab = <OrganizationStoriesTab organizationId="o1" slug="paseka" />;
const titles = () => screen.getAllByRole("link").map((link) => link.textContent);

describe("an organization's stories", () => {
  it("begin with the featured one, which is not told twice", async () => {
    await answering({
      [stories]: {
        body: [
          published({ id: "s1", title: "Новая" }),
          published({ id: "s2", title: "Первая", is_featured: true }),
          published({ id: "s3", title: "Старая" }),
        ],
      },
    });
    show(tab);
    await screen.findByText("Главное");
    expect(titles()).toEqual(["Первая", "Новая", "Старая"]);
  });

  it("are asked for by type, and say so when there is none", async () => {
    const calls = await answering({
      [stories]: ({ query }) => ({ body: query.has("story_type") ? [] : [published()] }),
    });
    show(tab);
    await screen.findByRole("link");
    await userEvent.selectOptions(screen.getByLabelText("Тип"), "event_announcement");
    await screen.findByText("Такого производитель ещё не рассказывал.");
    expect(calls.at(-1)?.query.get("story_type")).toBe("eq.event_announcement");
  });

  it("are only those that are out, twelve at a time", async () => {
    const day = (number: number) => `2027-03-${String(28 - number).padStart(2, "0")}T09:00:00+00:00`;
    const all = [...Array(13).keys()].map((number) =>
      published({ id: `s${number}`, title: `История ${number}`, published_at: day(number) }),
    );
    const calls = await answering({
      [stories]: ({ query }) => ({
        body: query.getAll("published_at").some((asked) => asked.startsWith("lt."))
          ? all.slice(12)
          : all.slice(0, 12),
      }),
    });
    show(tab);
    await userEvent.click(await screen.findByRole("button", { name: "Показать ещё" }));
    await screen.findByRole("link", { name: "История 12" });
    expect(screen.queryByRole("button", { name: "Показать ещё" })).toBeNull();
    expect(calls.map(({ query }) => query.get("status"))).toEqual(["eq.published", "eq.published"]);
    expect(calls[1]?.query.getAll("published_at")).toContain(`lt.${day(11)}`);
  });

  it("say what went wrong, and are asked for again", async () => {
    const answers = [{ status: 503 }, { body: [published()] }];
    await answering({ [stories]: () => answers.shift() ?? {} });
    show(tab);
    await userEvent.click(await screen.findByRole("button", { name: "Повторить" }));
    await screen.findByRole("link", { name: "Как мы качаем мёд" });
  });
});
