import { act, fireEvent, screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { storyMediaProblems } from "../../api/codes";
import type { Story } from "../../api/stories";
import { changeLocale } from "../../i18n/locale";
import { mediaTexts } from "../../i18n/storyMedia";
import { answering, signedIn, uploading, type Answers } from "../../test/network";
import { plain, show } from "../../test/show";
import { story } from "../../test/stories";
import { MediaField } from "./MediaField";
import { mediaMistake, useStoryMedia } from "./useStoryMedia";

const room = "POST /rest/v1/rpc/create_story_media";
const validate = "POST /functions/v1/validate_video";
const path = "/storage/v1/object/story-uploads/o1/m1/original";
const given: Answers = {
  [room]: { body: { media_id: "m1", bucket: "story-uploads", path: "o1/m1/original" } },
  [validate]: { body: { media_id: "m1", status: "ready", problems: [] } },
};
const film = new File(["film"], "ульи.mp4", { type: "video/mp4" });

function Field({ one }: { one?: Story }) {
  const media = useStoryMedia("o1", "story-o1-media", one);
  return (
    <>
      <MediaField name="media_id" value="" error={undefined} onChange={() => undefined} media={media} />
      <output>
        {JSON.stringify([media.id, mediaMistake(media.media, true), mediaMistake(media.media, false)])}
      </output>
    </>
  );
}

async function shown(answers: Answers = given, one?: Story) {
  const calls = await answering(answers);
  await signedIn();
  const uploads = uploading();
  const { unmount, container } = show(<Field {...(one && { one })} />);
  const input = container.querySelector("input");
  return {
    uploads,
    unmount,
    choose: (file: File) => input && userEvent.upload(input, file, { applyAccept: false }),
    asked: (name: string) => calls.filter(({ method, path: asked }) => `${method} ${asked}` === name),
  };
}

const says = (text: RegExp | string) => screen.findByText(text);
const press = (name: string) => userEvent.click(screen.getByRole("button", { name }));
const handedOn = () => JSON.parse(document.querySelector("output")?.textContent ?? "") as unknown[];

describe("a file of a story", () => {
  it("is sent with numbers, looked at, and handed on when it is found good", async () => {
    const { uploads, choose, asked } = await shown();
    await choose(film);
    await expect.poll(() => uploads.length).toBe(1);
    expect(uploads[0]?.path).toBe(path);
    expect(asked(room)[0]?.body).toEqual({
      organization_id: "o1",
      kind: "video",
      bytes: 4,
      content_type: "video/mp4",
    });
    act(() => uploads[0]?.progress(0.41));
    expect(plain(screen.getByRole("group").textContent)).toContain("41 %");
    expect(handedOn()).toEqual([null, { media_id: "stillSending" }, { media_id: "stillSending" }]);
    act(() => uploads[0]?.answer());
    await says(/Файл проверен/);
    expect(handedOn()).toEqual(["m1", {}, {}]);
  });

  it("may be dropped", async () => {
    const { uploads } = await shown();
    fireEvent.drop(screen.getByRole("group"), { dataTransfer: { files: [film] } });
    await expect.poll(() => uploads.length).toBe(1);
  });

  it.each([
    [new File([], "пусто.mp4", { type: "video/mp4" }), /Файл пустой/],
    [new File(["x"], "договор.pdf", { type: "application/pdf" }), /Такой файл не подойдёт/],
    [new File([new Uint8Array(10_485_761)], "фото.jpg", { type: "image/jpeg" }), /слишком большой/],
  ])("that cannot be good is not sent (%#)", async (file, words) => {
    const { uploads, choose, asked } = await shown();
    await choose(file);
    await says(words);
    expect(asked(room)).toEqual([]);
    expect(uploads).toEqual([]);
    expect(handedOn()).toEqual([null, { media_id: "unfinished" }, {}]);
  });

  it("of a kind that the browser does not know is known by its name", async () => {
    const { choose, asked } = await shown();
    await choose(new File(["film"], "УЛЬИ.MOV"));
    await expect.poll(() => asked(room).length).toBe(1);
    expect(asked(room)[0]?.body).toMatchObject({ kind: "video", content_type: "video/quicktime" });
  });

  it("is stopped, and nothing is left of it", async () => {
    const { uploads, choose } = await shown();
    await choose(film);
    await expect.poll(() => uploads.length).toBe(1);
    await press("Остановить");
    expect(uploads[0]?.isAborted()).toBe(true);
    expect(screen.queryByRole("progressbar")).toBeNull();
    expect(document.activeElement).toBe(screen.getByRole("group"));
    expect(handedOn()).toEqual([null, {}, {}]);
  });

  it("goes on into the same place after the connection was lost, also when it had arrived", async () => {
    const { uploads, choose, asked } = await shown();
    await choose(film);
    await expect.poll(() => uploads.length).toBe(1);
    act(() => uploads[0]?.lose());
    await says(/Связь пропала/);
    await press("Отправить ещё раз");
    await expect.poll(() => uploads.length).toBe(2);
    expect(uploads[1]?.path).toBe(path);
    act(() => uploads[1]?.answer(400, { statusCode: "409", error: "Duplicate", message: "exists already" }));
    await says(/Файл проверен/);
    expect(asked(room)).toHaveLength(1);
  });

  it("gives the way to a subscription where there is none", async () => {
    const { choose } = await shown({
      [room]: {
        status: 402,
        body: { code: "PT402", message: "subscription_required", details: "", hint: null },
      },
    });
    await choose(film);
    await says("Истории пишут по подписке или в пробный период.");
    expect(screen.getByRole("link", { name: "Перейти к оплате" })).toBeTruthy();
  });

  it("that arrived and could not be looked at is not sent a second time", async () => {
    const answers = [{ status: 503, body: { error: "unavailable" } }, given[validate]];
    const { uploads, choose } = await shown({ ...given, [validate]: () => answers.shift() as object });
    await choose(film);
    await expect.poll(() => uploads.length).toBe(1);
    act(() => uploads[0]?.answer());
    await says(/проверить его не удалось/);
    await press("Проверить ещё раз");
    await says(/Файл проверен/);
    expect(uploads).toHaveLength(1);
  });

  it("that is refused says why, and lets another be chosen", async () => {
    const { uploads, choose } = await shown({
      ...given,
      [validate]: { body: { media_id: "m1", status: "refused", problems: ["too_long", "wrong_codec"] } },
    });
    await choose(film);
    await expect.poll(() => uploads.length).toBe(1);
    act(() => uploads[0]?.answer());
    const alert = await screen.findByRole("alert");
    expect(plain(alert.textContent)).toContain("Файл «ульи.mp4» не подошёл");
    expect(plain(alert.textContent)).toContain("Видео длиннее 5 минут");
    expect(plain(alert.textContent)).toContain("MP4 (H.264)");
    expect(screen.getByRole("button", { name: "Выбрать другой файл" })).toBeTruthy();
  });

  it("that was found good is there when the page is opened again", async () => {
    const first = await shown();
    await first.choose(film);
    await expect.poll(() => first.uploads.length).toBe(1);
    act(() => first.uploads[0]?.answer());
    await says(/Файл проверен/);
    first.unmount();
    await shown();
    expect(handedOn()[0]).toBe("m1");
    expect(screen.getByText("ульи.mp4")).toBeTruthy();
  });

  it("that was on its way is asked for again", async () => {
    const first = await shown();
    await first.choose(film);
    await expect.poll(() => first.uploads.length).toBe(1);
    first.unmount();
    expect(first.uploads[0]?.isAborted()).toBe(true);
    await shown();
    expect(screen.getByText(/«ульи.mp4» не успел отправиться/)).toBeTruthy();
    expect(handedOn()).toEqual([null, { media_id: "unfinished" }, {}]);
  });

  it("that was being looked at is looked at on", async () => {
    let found: object = { status: 503, body: { error: "unavailable" } };
    const first = await shown({ ...given, [validate]: () => found });
    await first.choose(film);
    await expect.poll(() => first.uploads.length).toBe(1);
    act(() => first.uploads[0]?.answer());
    await says(/проверить его не удалось/);
    first.unmount();
    found = given[validate] as object;
    const again = await shown({ ...given, [validate]: () => found });
    await says(/Файл проверен/);
    expect(again.uploads).toEqual([]);
  });

  it("of a story that has one already is taken away, and stays away", async () => {
    const one = story({ media_id: "m7", content_video_url: "https://api.test/film.mp4" });
    const first = await shown(given, one);
    expect(handedOn()[0]).toBe("m7");
    expect(screen.getByText("Видео")).toBeTruthy();
    await press("Убрать");
    first.unmount();
    await shown(given, one);
    expect(handedOn()[0]).toBeNull();
  });
});

it.each(["ru", "en"] as const)("every problem has words of its own: %s", (language) => {
  act(() => changeLocale({ language }));
  const words = storyMediaProblems.map((code) => mediaTexts[language].problem[code]);
  expect(new Set(words).size).toBe(storyMediaProblems.length);
});
