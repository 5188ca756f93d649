import { useInfiniteQuery } from "@tanstack/react-query";
import { BookOpen } from "lucide-react";
import { useSearchParams } from "react-router";
import { publishedStories, storyTypes } from "../api/stories";
import { Button } from "../design/Button";
import { SelectField } from "../design/Form";
import { Icon } from "../design/Icon";
import { EmptyState, ErrorState, Loading, SkeletonLines } from "../design/States";
import { useTexts } from "../i18n/dictionary";
import { storyTexts } from "../i18n/stories";
import { FeaturedStoryCard } from "./FeaturedStoryCard";
import { StoriesGrid } from "./StoriesGrid";

/** What an organization tells buyers: the featured story, then all others, the newest first; of the type in the address, if wanted. */
export function OrganizationStoriesTab({ organizationId, slug }: { organizationId: string; slug: string }) {
  const texts = useTexts(storyTexts);
  const t = texts.reading;
  const [parameters, setParameters] = useSearchParams();
  const type = storyTypes.find((each) => each === parameters.get("type")) ?? "";
  const setType = (chosen: string) =>
    setParameters(
      (now) => {
        if (chosen) now.set("type", chosen);
        else now.delete("type");
        return now;
      },
      { replace: true, preventScrollReset: true },
    );
  const stories = useInfiniteQuery(publishedStories(organizationId, type || null));
  const all = stories.data?.pages.flat() ?? [];
  const featured = all.find(({ is_featured }) => is_featured);
  const others = all.filter((story) => story !== featured);
  return (
    <div className="flex flex-col gap-6">
      <h2 className="sr-only">{t.list}</h2>
      <div className="max-w-xs">
        <SelectField
          filter
          name="type"
          label={t.filter}
          value={type}
          error={undefined}
          onChange={setType}
          options={[
            { value: "", label: t.everyType },
            ...storyTypes.map((each) => ({ value: each, label: texts.type[each] })),
          ]}
        />
      </div>
      {stories.isPending && (
        <Loading>
          <SkeletonLines count={8} />
        </Loading>
      )}
      {stories.isError && <ErrorState error={stories.error} retry={() => void stories.refetch()} />}
      {stories.data && all.length === 0 && (
        <EmptyState title={t.none} picture={<Icon of={BookOpen} size={32} />}>
          {type ? t.noneOfType : t.noneText}
        </EmptyState>
      )}
      {featured && <FeaturedStoryCard story={featured} slug={slug} />}
      {others.length > 0 && <StoriesGrid stories={others} slug={slug} label={t.list} />}
      {stories.hasNextPage && (
        <Button
          className="self-center"
          pending={stories.isFetchingNextPage && t.loadingMore}
          onClick={() => void stories.fetchNextPage()}
        >
          {t.more}
        </Button>
      )}
    </div>
  );
}
