import { useQuery } from "@tanstack/react-query";
import { clsx } from "clsx";
import { useRef, useState } from "react";
import { useNavigate } from "react-router";
import {
  storyTypes,
  useCreateStory,
  useSubmitStory,
  useUpdateStory,
  type ContentOrigin,
  type Story,
  type StoryText as Text,
  type StoryType,
} from "../../api/stories";
import { mediaPreview } from "../../api/storyMedia";
import { Button, ButtonLink } from "../../design/Button";
import { Form, TextareaField, TextField } from "../../design/Form";
import { Notice } from "../../design/Notice";
import { toast } from "../../design/toast";
import { useForm } from "../../design/useForm";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { storyTexts } from "../../i18n/stories";
import { useOrganization } from "../../shared/organization";
import { instantOf, localTime } from "../../stories/schedule";
import { StoryText } from "../../stories/StoryText";
import { MediaField } from "./MediaField";
import { mediaMistake, useStoryMedia, type MediaState } from "./useStoryMedia";

const home = "/dashboard/producer/stories";

/**
 * Writes a story in three steps: its type, what it says, how buyers will see it. What is typed is kept in this tab as
 * one types; saving it is possible at every step.
 */
export function StoryCreationWizard({ story }: { story?: Story }) {
  const texts = useTexts(storyTexts);
  const t = texts.write;
  const navigate = useNavigate();
  const { organization, timeZone } = useOrganization();
  const { timeZoneName } = useFormats(timeZone);
  const create = useCreateStory(organization.id);
  const update = useUpdateStory(organization.id);
  const submit = useSubmitStory(organization.id);
  // A story that was made before something failed is not made twice.
  const made = useRef(story?.id);
  const [isSubmitting, setSubmitting] = useState(false);
  const intent = useRef<"keep" | "submit">("keep");

  const draft = `story-${story?.id ?? organization.id}`;
  const media = useStoryMedia(organization.id, `${draft}-media`, story);
  const content_origin = originOf(story, media.media);
  const preview = useQuery({ ...mediaPreview(media.id ?? ""), enabled: media.id !== null });

  const form = useForm({
    draft,
    initial: {
      step: story ? "1" : "0",
      story_type: story?.story_type ?? "success_story",
      title: story?.title ?? "",
      content_text: story?.content_text ?? "",
      external_url: story?.external_url ?? "",
      /** Only stands for the file, which keeps its own draft: its errors land here. */
      media_id: "",
      scheduled_publish_at: localTime(story?.scheduled_publish_at ?? null, timeZone),
    },
    check: ({ title, content_text, external_url }) => {
      const mistakes = {
        ...(title.trim() === "" && { title: "required" }),
        ...mediaMistake(media.media, intent.current === "submit"),
        ...(intent.current === "submit" &&
          isEmpty(content_text, external_url) && { content_text: "required" }),
      };
      if (Object.keys(mistakes).length > 0) form.change({ step: "1" });
      return mistakes;
    },
    submit: async (values) => {
      const text: Text = {
        story_type: values.story_type,
        title: values.title.trim(),
        content_text: values.content_text.trim() || null,
        external_url: values.external_url.trim() || null,
        media_id: media.id,
        content_origin,
        scheduled_publish_at: instantOf(values.scheduled_publish_at, timeZone),
      };
      const wantsReview = intent.current === "submit";
      setSubmitting(wantsReview);
      try {
        const kept = made.current ? await update(made.current, text) : await create(text);
        made.current = kept.id;
        if (wantsReview) await submit(kept.id);
        media.forget();
        toast(wantsReview ? texts.mine.submitted : t.kept);
        await navigate(home);
      } catch (error) {
        form.change({ step: "1" });
        throw error;
      }
    },
  });
  /** Whether there is nothing to read and nothing to look at. */
  const isEmpty = (...texts: string[]) =>
    media.media.state === "none" && texts.every((text) => text.trim() === "");
  const { step, title, content_text, external_url, story_type } = form.values;
  const go = (to: number) => form.change({ step: String(to) });
  const place = Number(step);
  const refused = form.problem?.code;

  return (
    <div className="flex max-w-3xl flex-col gap-6">
      {story?.status === "published" && <Notice kind="warning">{t.wasPublished}</Notice>}
      {story?.status === "rejected" && story.rejection_code && (
        <Notice kind="bad" title={`${texts.mine.why}: ${texts.rejection[story.rejection_code]}`}>
          {story.rejection_comment}
        </Notice>
      )}
      <Steps place={place} onGo={go} />
      <Form form={form} explain={{ subscription_required: t.subscribe, plan_limit_reached: t.limit }}>
        {(refused === "subscription_required" || refused === "plan_limit_reached") && (
          <ButtonLink to="/dashboard/billing" className="sm:self-start">
            {t.toBilling}
          </ButtonLink>
        )}
        {place === 0 && <Types chosen={story_type} onChoose={(type) => form.change({ story_type: type })} />}
        {place === 1 && (
          <>
            <TextField
              {...form.field("title")}
              label={t.title}
              help={t.titleHelp}
              maxLength={200}
              autoComplete="off"
            />
            <TextareaField
              {...form.field("content_text")}
              label={t.text}
              help={t.textHelp}
              optional
              rows={12}
              maxLength={20_000}
            />
            <MediaField {...form.field("media_id")} media={media} />
            <TextField
              {...form.field("external_url")}
              label={t.address}
              help={t.addressHelp}
              optional
              type="url"
              inputMode="url"
              autoComplete="off"
              maxLength={2000}
            />
            <TextField
              {...form.field("scheduled_publish_at")}
              label={t.schedule}
              help={t.scheduleHelp(timeZoneName(new Date()))}
              optional
              type="datetime-local"
            />
          </>
        )}
        {place === 2 && (
          <section aria-label={t.preview} className="flex flex-col gap-4">
            <p className="text-muted">{t.preview}</p>
            <div className="flex flex-col gap-4 rounded-md border border-line bg-raised p-5 sm:p-8">
              <StoryText
                media={preview.data ?? null}
                story={{
                  story_type: story_type,
                  title,
                  content_text,
                  external_url,
                  content_origin,
                }}
                heading={<h2 className="text-2xl wrap-anywhere">{title || "…"}</h2>}
              />
            </div>
            {isEmpty(content_text, external_url) && <Notice kind="warning">{t.nothing}</Notice>}
          </section>
        )}
        <div className="sticky bottom-[calc(3.5rem+1px+env(safe-area-inset-bottom))] -mx-4 flex flex-wrap gap-3 border-t border-line bg-paper px-4 py-3 sm:static sm:mx-0 sm:border-0 sm:px-0">
          {place > 0 && <Button onClick={() => go(place - 1)}>{t.back}</Button>}
          {place < 2 && (
            <Button variant="primary" onClick={() => go(place + 1)}>
              {t.next}
            </Button>
          )}
          {place === 2 && (
            <Button
              type="submit"
              variant="primary"
              pending={form.pending && isSubmitting && t.submitting}
              onClick={() => (intent.current = "submit")}
            >
              {t.submit}
            </Button>
          )}
          <Button
            type="submit"
            variant="quiet"
            pending={form.pending && !isSubmitting && t.keeping}
            onClick={() => (intent.current = "keep")}
          >
            {t.keep}
          </Button>
        </div>
      </Form>
    </div>
  );
}

/** What came from elsewhere stays from there; what is made here is a video where there is one. */
function originOf(story: Story | undefined, media: MediaState): ContentOrigin {
  const origin = story?.content_origin ?? "direct_input";
  if (origin !== "direct_input" && origin !== "video_upload") return origin;
  return media.state === "ready" && media.kind === "video" ? "video_upload" : "direct_input";
}

function Steps({ place, onGo }: { place: number; onGo: (to: number) => void }) {
  const t = useTexts(storyTexts).write;
  return (
    <nav aria-label={t.stepsLabel}>
      <ol className="flex flex-wrap gap-1 sm:gap-2">
        {t.steps.map((name, index) => (
          <li key={name}>
            <Button
              size="small"
              className="max-[359px]:px-1.5!"
              variant={index === place ? "secondary" : "quiet"}
              aria-current={index === place ? "step" : undefined}
              onClick={() => onGo(index)}
            >
              {`${index + 1}. ${name}`}
            </Button>
          </li>
        ))}
      </ol>
    </nav>
  );
}

function Types({ chosen, onChoose }: { chosen: string; onChoose: (type: StoryType) => void }) {
  const t = useTexts(storyTexts);
  return (
    <fieldset className="flex flex-col gap-3">
      <legend className="pb-2 text-lg font-semibold">{t.write.typeTitle}</legend>
      {storyTypes.map((type) => (
        <label
          key={type}
          className={clsx(
            "flex min-h-11 cursor-pointer items-start gap-3 rounded-md border p-4",
            chosen === type ? "border-ink bg-sunken" : "border-edge bg-raised hover:bg-sunken",
          )}
        >
          <input
            type="radio"
            name="story_type"
            value={type}
            checked={chosen === type}
            className="mt-0.5 size-5 shrink-0 accent-ink"
            onChange={() => onChoose(type)}
          />
          <span className="font-medium">
            {t.type[type]}
            <span className="block text-sm font-normal text-muted">{t.typeHelp[type]}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
