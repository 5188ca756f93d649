import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { Link, useParams } from "react-router";
import { asApiError } from "../../api/errors";
import { organizationPage, type OrganizationPage } from "../../api/organizations";
import { recordStoryView, useStory, type Story } from "../../api/stories";
import { ButtonLink } from "../../design/Button";
import { PageHeader, PageTitle, Section, useArrival, useDescription } from "../../design/Page";
import { ErrorState } from "../../design/States";
import { useTexts } from "../../i18n/dictionary";
import { useLangOf } from "../../i18n/langOf";
import { useFormats } from "../../i18n/format";
import { storyTexts } from "../../i18n/stories";
import { PageSkeleton } from "../../shared/PageSkeleton";
import { StatusBadge } from "../../status/StatusBadge";
import { StoriesGrid } from "../../stories/StoriesGrid";
import { StoryText } from "../../stories/StoryText";
import { useShownMedia } from "../../stories/useShownMedia";

/** One story, who tells it and with which level, and what else they tell. */
export function StoryPage() {
  const { slug = "", id = "" } = useParams();
  const organization = useQuery(organizationPage(slug));
  const story = useStory(id);
  if (organization.data && story.data) {
    return story.data.organization_id === organization.data.id ? (
      <Reading key={id} story={story.data} organization={organization.data} />
    ) : (
      <NotFound slug={slug} />
    );
  }
  const failed = story.isError ? story : organization.isError ? organization : undefined;
  if (!failed) return <PageSkeleton />;
  return asApiError(failed.error).code === "not_found" ? (
    <NotFound slug={slug} />
  ) : (
    <ErrorState error={failed.error} retry={() => void failed.refetch()} />
  );
}

function NotFound({ slug }: { slug: string }) {
  const t = useTexts(storyTexts).reading;
  return (
    <div className="flex flex-col items-start gap-6">
      <PageHeader title={t.notFoundTitle} lead={t.notFoundText} />
      <ButtonLink to={`/organizations/${slug}`} variant="primary">
        {t.toOrganization}
      </ButtonLink>
    </div>
  );
}

function Reading({ story, organization }: { story: Story; organization: OrganizationPage }) {
  const t = useTexts(storyTexts).reading;
  const { date } = useFormats();
  const heading = useArrival();
  const langOf = useLangOf();
  const related = organization.stories.filter(({ id }) => id !== story.id);
  const isPublished = story.status === "published";
  const media = useShownMedia(story);
  useDescription(story.content_text?.slice(0, 160));
  useEffect(() => {
    // Whether it is seen or not: that a view was not counted is nobody's trouble.
    if (isPublished) recordStoryView(story.id).catch(() => undefined);
  }, [story.id, isPublished]);
  const [best] = organization.status.levels;
  return (
    <article className="flex min-h-dvh flex-col gap-12">
      <PageTitle>{`${story.title} · ${organization.name}`}</PageTitle>
      <div className="flex flex-col gap-6">
        <Link
          to={`/organizations/${organization.slug}`}
          className="link inline-flex min-h-6 items-center self-start"
        >
          {organization.name}
        </Link>
        <StoryText
          media={media}
          story={story}
          heading={
            <h1
              ref={heading}
              tabIndex={-1}
              lang={langOf(story.title)}
              className="text-2xl wrap-anywhere sm:text-3xl"
            >
              {story.title}
            </h1>
          }
        />
        {story.published_at && <p className="text-sm text-muted">{t.published(date(story.published_at))}</p>}
      </div>
      <Section title={t.producer}>
        <div className="flex flex-wrap items-center gap-6">
          <StatusBadge held={best ?? null} lost={best ? undefined : organization.status.lost[0]} size={64} />
          <ButtonLink to={`/organizations/${organization.slug}`}>{t.toOrganization}</ButtonLink>
        </div>
      </Section>
      {related.length > 0 && (
        <Section title={t.related}>
          <StoriesGrid stories={related} slug={organization.slug} label={t.related} />
        </Section>
      )}
    </article>
  );
}
