import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { storyRejectionCodes, type StoryRejectionCode } from "../../api/codes";
import { asApiError, type ApiError } from "../../api/errors";
import {
  approveStory,
  claimStory,
  rejectStory,
  storyLog,
  type Story,
  type StoryEvent,
} from "../../api/stories";
import { Button } from "../../design/Button";
import { Dialog } from "../../design/Dialog";
import { Form, SelectField, TextareaField } from "../../design/Form";
import { Notice, Problem } from "../../design/Notice";
import { Loaded, SkeletonLines } from "../../design/States";
import { toast } from "../../design/toast";
import { useForm } from "../../design/useForm";
import { DateTime } from "../../design/Values";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { storyTexts } from "../../i18n/stories";
import { StoryText } from "../../stories/StoryText";
import { useShownMedia } from "../../stories/useShownMedia";

/**
 * One story before a moderator: claimed when it opens, shown exactly as buyers will see it, decided as it was read.
 */
export function StoryReviewModal({ storyId, onClose }: { storyId: string; onClose: () => void }) {
  const t = useTexts(storyTexts).desk;
  const claimed = useQuery({
    queryKey: ["claimed-story", storyId],
    queryFn: () => claimStory(storyId),
    gcTime: 0,
    staleTime: Infinity,
    retry: false,
  });
  return (
    <Dialog open onClose={onClose} title={t.decision} wide>
      <Loaded query={claimed} skeleton={<SkeletonLines count={6} />}>
        {(story) => <Review story={story} onDone={onClose} />}
      </Loaded>
    </Dialog>
  );
}

function Review({ story, onDone }: { story: Story; onDone: () => void }) {
  const t = useTexts(storyTexts).desk;
  const { dateTime } = useFormats();
  const media = useShownMedia(story);
  return (
    <div className="flex flex-col gap-6">
      <div className="flex flex-col gap-4 rounded-md border border-line bg-paper p-5">
        <StoryText
          story={story}
          media={media}
          heading={<h3 className="text-2xl wrap-anywhere">{story.title}</h3>}
        />
      </div>
      {story.scheduled_publish_at && <Notice>{t.scheduled(dateTime(story.scheduled_publish_at))}</Notice>}
      <History storyId={story.id} />
      <Approval story={story} onDone={onDone} />
      <Rejection story={story} onDone={onDone} />
    </div>
  );
}

function History({ storyId }: { storyId: string }) {
  const t = useTexts(storyTexts).desk;
  const log = useQuery(storyLog(storyId));
  return (
    <details>
      <summary className="link min-h-6 cursor-pointer">{t.history}</summary>
      <Loaded query={log} skeleton={<SkeletonLines count={3} />}>
        {(events) => (
          <ol className="flex flex-col gap-2 pt-3">
            {events.map((event) => (
              <Event key={event.id} event={event} />
            ))}
          </ol>
        )}
      </Loaded>
    </details>
  );
}

function Event({ event }: { event: StoryEvent }) {
  const texts = useTexts(storyTexts);
  const t = texts.desk;
  const detail = event.detail as {
    code?: StoryRejectionCode;
    comment?: string;
    message?: string;
    featured?: boolean;
  };
  return (
    <li className="flex flex-col">
      <span>
        {detail.featured === false ? t.unfeatured : t.action[event.action as keyof typeof t.action]}{" "}
        <span className="text-sm text-muted">
          <DateTime at={event.occurred_at} />
        </span>
      </span>
      {(detail.code ?? detail.message) && (
        <span className="measure text-sm wrap-anywhere text-muted">
          {detail.code ? `${texts.rejection[detail.code]} ${detail.comment ?? ""}` : detail.message}
        </span>
      )}
    </li>
  );
}

function Approval({ story, onDone }: { story: Story; onDone: () => void }) {
  const t = useTexts(storyTexts).desk;
  const [pending, setPending] = useState(false);
  const [problem, setProblem] = useState<ApiError>();
  async function approve() {
    setPending(true);
    setProblem(undefined);
    try {
      await approveStory(story);
      toast(t.approved);
      onDone();
    } catch (error) {
      setProblem(asApiError(error));
      setPending(false);
    }
  }
  return (
    <div className="flex flex-col gap-3">
      {problem && <Problem error={problem} />}
      <Button variant="primary" pending={pending && t.approving} onClick={() => void approve()}>
        {t.approve}
      </Button>
    </div>
  );
}

function Rejection({ story, onDone }: { story: Story; onDone: () => void }) {
  const texts = useTexts(storyTexts);
  const t = texts.desk;
  const form = useForm({
    draft: `story-review-${story.id}`,
    initial: { code: "", comment: "" },
    check: ({ code, comment }) => ({
      ...(code === "" && { code: "required" }),
      ...(comment.trim() === "" && { comment: "required" }),
    }),
    submit: async ({ code, comment }) => {
      await rejectStory(story.id, code as StoryRejectionCode, comment.trim());
      toast(t.rejected);
      onDone();
    },
  });
  return (
    <Form form={form} className="border-t border-line pt-6">
      <SelectField
        {...form.field("code")}
        label={t.code}
        options={[
          { value: "", label: t.chooseCode },
          ...storyRejectionCodes.map((code) => ({ value: code, label: asTitle(texts.rejection[code]) })),
        ]}
      />
      <TextareaField
        {...form.field("comment")}
        label={t.comment}
        help={t.commentHelp}
        rows={4}
        maxLength={2000}
      />
      <Button type="submit" variant="danger" pending={form.pending && t.rejecting}>
        {t.reject}
      </Button>
    </Form>
  );
}

/** A reason as a choice: with a capital, without the full stop it has in a sentence. */
const asTitle = (reason: string) => reason.charAt(0).toUpperCase() + reason.slice(1).replace(/\.$/, "");
