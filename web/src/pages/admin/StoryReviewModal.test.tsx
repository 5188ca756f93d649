import { screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { answering, signedIn, type Answers } from "../../test/network";
import { plain, show } from "../../test/show";
import { story } from "../../test/stories";
import { StoryReviewModal } from "./StoryReviewModal";

const rpc = (name: string) => `POST /rest/v1/rpc/${name}`;
const waiting = story({ status: "pending_review", updated_at: "2027-03-12T09:00:00.123456+00:00" });

async function shown(answers: Answers) {
  const calls = await answering({
    [rpc("claim_story")]: { body: waiting },
    "GET /rest/v1/story_activity_log": { body: [] },
    ...answers,
  });
  await signedIn();
  const onClose = vi.fn();
  const { baseElement } = show(<StoryReviewModal storyId="s1" onClose={onClose} />);
  const asked = (name: string) => calls.find(({ path }) => path.endsWith(`/${name}`))?.body;
  return { asked, onClose, baseElement };
}

const refusal = (code: string, status: number) => ({
  status,
  body: { code: "P0001", message: code, details: "", hint: null },
});

describe("a story before a moderator", () => {
  it("is published as it was read", async () => {
    const { asked, onClose } = await shown({ [rpc("approve_story")]: { body: waiting } });
    await userEvent.click(await screen.findByRole("button", { name: "Опубликовать" }));
    await expect.poll(() => onClose.mock.calls.length).toBe(1);
    expect(asked("approve_story")).toEqual({ story_id: "s1", seen_updated_at: waiting.updated_at });
  });

  it("stays open with the reason when it changed meanwhile", async () => {
    const { onClose } = await shown({ [rpc("approve_story")]: refusal("invalid_transition", 409) });
    await userEvent.click(await screen.findByRole("button", { name: "Опубликовать" }));
    await screen.findByRole("alert");
    expect(onClose).not.toHaveBeenCalled();
  });

  it("is not turned down without a reason and a word to its author", async () => {
    const { asked, onClose } = await shown({ [rpc("reject_story")]: { body: waiting } });
    await userEvent.click(await screen.findByRole("button", { name: "Отклонить" }));
    expect(asked("reject_story")).toBeUndefined();
    expect(document.activeElement).toBe(screen.getByLabelText("Причина"));
    await userEvent.selectOptions(screen.getByLabelText("Причина"), "advertising");
    await userEvent.type(screen.getByLabelText("Что исправить"), " Уберите цены. ");
    await userEvent.click(screen.getByRole("button", { name: "Отклонить" }));
    await expect.poll(() => onClose.mock.calls.length).toBe(1);
    expect(asked("reject_story")).toEqual({
      story_id: "s1",
      code: "advertising",
      comment: "Уберите цены.",
    });
  });

  it("that another has taken cannot be decided about", async () => {
    await shown({ [rpc("claim_story")]: refusal("claimed_by_another", 409) });
    await screen.findByRole("alert");
    expect(screen.queryByRole("button", { name: "Опубликовать" })).toBeNull();
  });

  it("says when its author wants it to come out", async () => {
    const later = { ...waiting, scheduled_publish_at: "2027-04-12T07:00:00Z" };
    const { baseElement } = await shown({ [rpc("claim_story")]: { body: later } });
    await screen.findByRole("button", { name: "Опубликовать" });
    expect(plain(baseElement.textContent)).toContain("не раньше: 12 апреля 2027, 10:00");
  });

  it("tells what happened to it, in words", async () => {
    await shown({
      "GET /rest/v1/story_activity_log": {
        body: [
          {
            id: 2,
            action: "rejected",
            actor_kind: "moderator",
            detail: { code: "advertising", comment: "Уберите цены." },
            occurred_at: "2027-03-12T09:00:00Z",
          },
          {
            id: 1,
            action: "featured",
            actor_kind: "member",
            detail: { featured: false },
            occurred_at: "2027-03-11T09:00:00Z",
          },
        ],
      },
    });
    await userEvent.click(await screen.findByText("Что было с историей"));
    expect(await screen.findByText(/Уберите цены\./)).toBeTruthy();
    expect(screen.getByText(/Больше не первая/)).toBeTruthy();
  });
});
