import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { Inbox } from "lucide-react";
import { useState } from "react";
import { Link } from "react-router";
import { keys } from "../../api/keys";
import { moderationQueue, type QueuedStory } from "../../api/stories";
import { Button } from "../../design/Button";
import { Icon } from "../../design/Icon";
import { PageHeader } from "../../design/Page";
import { EmptyState, ErrorState, Loading, SkeletonLines } from "../../design/States";
import { Table } from "../../design/Table";
import { DateTime } from "../../design/Values";
import { useTexts } from "../../i18n/dictionary";
import { storyTexts } from "../../i18n/stories";
import { useUser } from "../../shared/session";
import { StoryTypeIcon } from "../../stories/StoryTypeIcon";
import { StoryReviewModal } from "./StoryReviewModal";

/** Stories that wait for a moderator, the longest first. */
export function ModerationQueue() {
  const t = useTexts(storyTexts).desk;
  const queries = useQueryClient();
  const queue = useInfiniteQuery(moderationQueue());
  const [reading, setReading] = useState<string>();
  const list = queue.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <div className="flex flex-col gap-8">
      <PageHeader
        title={t.title}
        lead={t.lead}
        state={list.length > 0 && <p>{t.waiting(list.length, !queue.hasNextPage)}</p>}
      />
      {queue.isPending && (
        <Loading>
          <SkeletonLines count={8} />
        </Loading>
      )}
      {queue.isError && <ErrorState error={queue.error} retry={() => void queue.refetch()} />}
      {queue.data && list.length === 0 && (
        <EmptyState title={t.empty} picture={<Icon of={Inbox} size={32} />}>
          {t.emptyText}
        </EmptyState>
      )}
      {list.length > 0 && <QueueTable list={list} onRead={setReading} />}
      {queue.hasNextPage && (
        <Button
          className="self-center"
          pending={queue.isFetchingNextPage && t.loadingMore}
          onClick={() => void queue.fetchNextPage()}
        >
          {t.more}
        </Button>
      )}
      {reading && (
        <StoryReviewModal
          storyId={reading}
          onClose={() => {
            setReading(undefined);
            void queries.invalidateQueries({ queryKey: keys.moderationQueue() });
          }}
        />
      )}
    </div>
  );
}

function QueueTable({ list, onRead }: { list: readonly QueuedStory[]; onRead: (id: string) => void }) {
  const t = useTexts(storyTexts).desk;
  const user = useUser();
  return (
    <Table
      caption={t.table}
      rows={list}
      rowKey={({ story_id }) => story_id}
      columns={[
        {
          key: "title",
          title: t.column.title,
          cell: (story) => (
            <span className="flex flex-col items-start gap-1">
              <button
                type="button"
                className="link text-left font-medium wrap-anywhere"
                aria-label={t.read(story.title)}
                onClick={() => onRead(story.story_id)}
              >
                {story.title}
              </button>
              <StoryTypeIcon type={story.story_type} />
              {story.appeal && <span className="text-sm text-bad">{t.appeal}</span>}
              {story.rejections > 0 && (
                <span className="text-sm text-muted">{t.rejections(story.rejections)}</span>
              )}
            </span>
          ),
        },
        {
          key: "organization",
          title: t.column.organization,
          cell: ({ organization, organization_id }) => (
            <Link to={`/admin/organizations/${organization_id}`} className="link wrap-anywhere">
              {organization}
            </Link>
          ),
        },
        { key: "author", title: t.column.author, cell: ({ author }) => author ?? "—" },
        {
          key: "waiting",
          title: t.column.waiting,
          cell: ({ waiting_since }) => <DateTime at={waiting_since} />,
        },
        {
          key: "claimed",
          title: t.column.claimed,
          cell: ({ claimed_by }) =>
            claimed_by === null ? "—" : claimed_by === user.id ? t.byMe : t.byAnother,
        },
      ]}
    />
  );
}
