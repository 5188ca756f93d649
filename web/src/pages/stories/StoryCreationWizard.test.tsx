import { screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import type { Story } from "../../api/stories";
import { OrganizationProvider } from "../../shared/organization";
import { answering, signedIn, type Answers } from "../../test/network";
import { show } from "../../test/show";
import { membership, story } from "../../test/stories";
import { StoryCreationWizard } from "./StoryCreationWizard";

const create = "POST /rest/v1/stories";
const update = "PATCH /rest/v1/stories";
const submit = "POST /rest/v1/rpc/submit_story";
const user = userEvent.setup();

async function shown(answers: Answers = {}, one?: Story) {
  const calls = await answering(answers);
  await signedIn();
  const { unmount } = show(
    <OrganizationProvider all={[membership]}>
      <StoryCreationWizard {...(one && { story: one })} />
    </OrganizationProvider>,
  );
  return {
    unmount,
    sent: (name: string) => calls.filter(({ method, path }) => `${method} ${path}` === name),
  };
}

const press = (name: string) => user.click(screen.getByRole("button", { name }));

describe("writing a story", () => {
  it("goes from its type to its text to what buyers will see, and back", async () => {
    await shown();
    await user.click(screen.getByRole("radio", { name: /^Событие/ }));
    await press("Дальше");
    await user.type(screen.getByLabelText("Название"), "Ярмарка");
    await user.type(screen.getByLabelText(/^Текст/), "В субботу.");
    await press("Дальше");
    const preview = screen.getByRole("region", { name: "Так историю увидят покупатели" });
    expect(preview.textContent).toContain("Событие");
    expect(preview.textContent).toContain("Ярмарка");
    expect(preview.textContent).toContain("В субботу.");
    await press("Назад");
    expect(screen.getByLabelText<HTMLInputElement>("Название").value).toBe("Ярмарка");
  });

  it("keeps what is typed as it is typed, for whoever comes back to the page", async () => {
    const { unmount } = await shown();
    await press("Дальше");
    await user.type(screen.getByLabelText("Название"), "Ярмарка");
    unmount();
    await shown();
    expect(screen.getByLabelText<HTMLInputElement>("Название").value).toBe("Ярмарка");
  });

  it("wants a title for a draft, and something to read before a moderator sees it", async () => {
    const { sent } = await shown({ [create]: { status: 201, body: story() } });
    await press("Дальше");
    await press("Сохранить черновик");
    expect(document.activeElement).toBe(screen.getByLabelText("Название"));
    await user.type(screen.getByLabelText("Название"), "Ярмарка");
    await press("Дальше");
    expect(screen.getByText(/Добавьте текст/)).toBeTruthy();
    await press("Отправить на проверку");
    expect(document.activeElement).toBe(screen.getByLabelText(/^Текст/));
    expect(sent(create)).toEqual([]);
  });

  it("sends what was typed, by the organization's clocks, and nothing that was left empty", async () => {
    const { sent } = await shown({ [create]: { status: 201, body: story() } });
    await press("Дальше");
    await user.type(screen.getByLabelText("Название"), " Ярмарка ");
    await user.type(screen.getByLabelText(/^Опубликовать не раньше/), "2027-03-12T10:00");
    await press("Сохранить черновик");
    await expect.poll(() => sent(create).length).toBe(1);
    expect(sent(create)[0]?.body).toMatchObject({
      organization_id: "o1",
      story_type: "success_story",
      title: "Ярмарка",
      content_text: null,
      external_url: null,
      scheduled_publish_at: "2027-03-12T07:00:00.000Z",
    });
  });

  it("is not made twice when it could be kept but not sent for review", async () => {
    const answers = [{ status: 503 }, { body: story({ status: "pending_review" }) }];
    const { sent } = await shown({
      [create]: { status: 201, body: story() },
      [update]: { body: story() },
      [submit]: () => answers.shift() ?? {},
    });
    await press("Дальше");
    await user.type(screen.getByLabelText("Название"), "Ярмарка");
    await user.type(screen.getByLabelText(/^Текст/), "В субботу.");
    await press("Дальше");
    await press("Отправить на проверку");
    await screen.findByRole("alert");
    await press("Дальше");
    await press("Отправить на проверку");
    await expect.poll(() => sent(submit).length).toBe(2);
    expect(sent(create)).toHaveLength(1);
    expect(sent(update)).toHaveLength(1);
  });

  it("says beside the field what the database finds wrong", async () => {
    await shown({
      [create]: {
        status: 422,
        body: {
          code: "PT422",
          message: "invalid_input",
          details: '[{"field": "external_url", "code": "credentials_in_url"}]',
          hint: null,
        },
      },
    });
    await press("Дальше");
    await user.type(screen.getByLabelText("Название"), "Ярмарка");
    await user.type(screen.getByLabelText(/^Ссылка/), "https://a:b@c.ru");
    await press("Сохранить черновик");
    await screen.findByText(/В адресе стоит имя или пароль/);
    expect(document.activeElement).toBe(screen.getByLabelText(/^Ссылка/));
  });

  it.each([
    ["subscription_required", "Истории пишут по подписке или в пробный период."],
    ["plan_limit_reached", "В этом месяце историй больше, чем позволяет тариф, написать нельзя."],
  ])("shows the way on where %s", async (code, words) => {
    await shown({
      [create]: { status: 402, body: { code: "PT402", message: code, details: "", hint: null } },
    });
    await press("Дальше");
    await user.type(screen.getByLabelText("Название"), "Ярмарка");
    await press("Сохранить черновик");
    await screen.findByText(words);
    expect(screen.getByRole("link", { name: "Перейти к оплате" }).getAttribute("href")).toBe(
      "/dashboard/billing",
    );
  });
});

describe("a story with a file", () => {
  const film = "http://api.test/storage/v1/object/sign/story-media/film.mp4";
  const withFile = story({ media_id: "m1", content_video_url: "http://api.test/story_media/s1/f.mp4" });
  const preview: Answers = {
    "POST /functions/v1/story_media": {
      body: { files: [{ name: "video.mp4", content_type: "video/mp4", url: film }] },
    },
  };

  it("is shown as buyers will see it, and needs no text", async () => {
    await import("../../stories/VideoPlayer"); // the first time it takes a while
    const { sent } = await shown(
      { ...preview, [update]: { body: withFile }, [submit]: { body: withFile } },
      { ...withFile, content_text: null },
    );
    await press("Дальше");
    const player = await screen.findByRole("group", { name: "Видео: Как мы качаем мёд" });
    expect(player.querySelector("video")?.getAttribute("src")).toBe(film);
    await press("Отправить на проверку");
    await expect.poll(() => sent(submit).length).toBe(1);
    expect(sent(update)[0]?.body).toMatchObject({ media_id: "m1", content_origin: "video_upload" });
  });

  it("that was taken away is kept without it", async () => {
    const { sent } = await shown({ ...preview, [update]: { body: story() } }, withFile);
    await press("Убрать");
    await press("Сохранить черновик");
    await expect.poll(() => sent(update).length).toBe(1);
    expect(sent(update)[0]?.body).toMatchObject({ media_id: null, content_origin: "direct_input" });
  });
});

describe("rewriting a story", () => {
  it("says why it was turned down", async () => {
    await shown(
      {},
      story({ status: "rejected", rejection_code: "advertising", rejection_comment: "Уберите цены." }),
    );
    expect(screen.getByText("Уберите цены.")).toBeTruthy();
  });

  it("that is out warns that it will be read anew, and changes the same story", async () => {
    const { sent } = await shown({ [update]: { body: story() } }, story({ status: "published" }));
    expect(screen.getByText(/После правки она станет черновиком/)).toBeTruthy();
    await user.type(screen.getByLabelText("Название"), " вручную");
    await press("Сохранить черновик");
    await expect.poll(() => sent(update).length).toBe(1);
    expect(sent(update)[0]?.query.get("id")).toBe("eq.s1");
    expect(sent(update)[0]?.body).toMatchObject({ title: "Как мы качаем мёд вручную" });
  });
});
