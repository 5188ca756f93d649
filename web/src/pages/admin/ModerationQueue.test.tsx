import { screen, within } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { answering, me, signedIn, type Answers } from "../../test/network";
import { show } from "../../test/show";
import { queued, story } from "../../test/stories";
import { ModerationQueue } from "./ModerationQueue";

const queue = "POST /rest/v1/rpc/moderation_queue";
const claim = "POST /rest/v1/rpc/claim_story";

async function shown(answers: Answers) {
  const calls = await answering(answers);
  await signedIn();
  show(<ModerationQueue />);
  return calls;
}

const row = async (title: string) => within(await screen.findByRole("row", { name: new RegExp(title) }));

describe("the queue", () => {
  it("says who reads what, what came back, and how often it was turned down", async () => {
    await shown({
      [queue]: {
        body: {
          items: [
            queued({ story_id: "s1", title: "Своя", claimed_by: me.id }),
            queued({ story_id: "s2", title: "Чужая", claimed_by: "u2" }),
            queued({ story_id: "s3", title: "Свободная", author: null, appeal: true, rejections: 2 }),
          ],
          next: null,
        },
      },
    });
    expect((await row("Своя")).getByText("Вы")).toBeTruthy();
    expect((await row("Чужая")).getByText("Другой модератор")).toBeTruthy();
    const free = await row("Свободная");
    expect(free.getByText("Обжалование")).toBeTruthy();
    expect(free.getByText("Отклоняли: 2")).toBeTruthy();
    expect(screen.getByText("Ждут решения: 3")).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Показать ещё" })).toBeNull();
  });

  it("goes on where its first page ended", async () => {
    const calls = await shown({
      [queue]: ({ body }) => ({
        body:
          (body as { after?: string }).after === "2"
            ? { items: [queued({ story_id: "s2", title: "Вторая" })], next: null }
            : { items: [queued({ story_id: "s1", title: "Первая" })], next: "2" },
      }),
    });
    await screen.findByText("Ждёт решения: 1 и больше");
    await userEvent.click(screen.getByRole("button", { name: "Показать ещё" }));
    await row("Вторая");
    expect(screen.getByText("Ждут решения: 2")).toBeTruthy();
    expect(calls.filter(({ path }) => path.endsWith("moderation_queue"))).toHaveLength(2);
  });

  it("says that everything is read", async () => {
    await shown({ [queue]: { body: { items: [], next: null } } });
    await screen.findByText("Всё проверено");
  });

  it("is asked for anew when a story is put down: somebody may have taken another meanwhile", async () => {
    const calls = await shown({
      [queue]: { body: { items: [queued()], next: null } },
      [claim]: { body: story({ status: "pending_review" }) },
    });
    await userEvent.click(await screen.findByRole("button", { name: "Прочесть «Как мы качаем мёд»" }));
    await screen.findByRole("button", { name: "Опубликовать" });
    const before = calls.filter(({ path }) => path.endsWith("moderation_queue")).length;
    await userEvent.click(screen.getByRole("button", { name: "Закрыть" }));
    await expect
      .poll(() => calls.filter(({ path }) => path.endsWith("moderation_queue")).length)
      .toBe(before + 1);
  });
});
