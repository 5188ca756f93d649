import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { CircleX, Eye, Inbox, Scale } from "lucide-react";
import { useMemo, useState } from "react";
import { keys } from "../../api/keys";
import { moderationQueue, type QueuedStory } from "../../api/stories";
import { Button } from "../../design/Button";
import { CellButton, CellLink, DataTable, type DataColumn } from "../../design/DataTable";
import { Icon } from "../../design/Icon";
import { PageHeader } from "../../design/Page";
import { Pill } from "../../design/Pill";
import { EmptyState, ErrorState, Loading } from "../../design/States";
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
        state={<p>{list.length > 0 ? t.waiting(list.length, !queue.hasNextPage) : "\u00a0"}</p>}
      />
      {queue.isPending && (
        <Loading>
          <QueueTable list={undefined} onRead={setReading} />
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

function QueueTable({
  list,
  onRead,
}: {
  list: readonly QueuedStory[] | undefined;
  onRead: (id: string) => void;
}) {
  const t = useTexts(storyTexts).desk;
  const user = useUser();
  const columns = useMemo((): DataColumn<QueuedStory>[] => {
    const signs = (story: QueuedStory) => (
      <>
        {story.appeal && (
          <Pill tone="bad" icon={Scale}>
            {t.appeal}
          </Pill>
        )}
        {story.rejections > 0 && (
          <Pill tone="plain" icon={CircleX}>
            {t.rejections(story.rejections)}
          </Pill>
        )}
      </>
    );
    return [
      {
        key: "title",
        title: t.column.title,
        phone: "title",
        cell: (story) => (
          <span className="flex flex-wrap items-center gap-x-2">
            <CellButton label={t.read(story.title)} onClick={() => onRead(story.story_id)}>
              {story.title}
            </CellButton>
            {signs(story)}
          </span>
        ),
      },
      {
        key: "type",
        title: t.column.type,
        width: "w-36",
        wide: true,
        cell: ({ story_type }) => <StoryTypeIcon type={story_type} />,
      },
      {
        key: "organization",
        title: t.column.organization,
        width: "w-40",
        phone: "note",
        cell: ({ organization, organization_id }) => (
          <CellLink to={`/admin/organizations/${organization_id}`}>{organization}</CellLink>
        ),
      },
      {
        key: "author",
        title: t.column.author,
        width: "w-28",
        wide: true,
        cell: ({ author }) => author ?? "—",
      },
      {
        key: "waiting",
        title: t.column.waiting,
        width: "w-44",
        phone: "end",
        cell: ({ waiting_since }) => <DateTime at={waiting_since} show="date" />,
      },
      {
        key: "claimed",
        title: t.column.claimed,
        width: "w-40",
        phone: "aside",
        cell: ({ claimed_by }) =>
          claimed_by === null ? (
            <span className="max-md:hidden">—</span>
          ) : (
            <Pill tone="info" icon={Eye}>
              {claimed_by === user.id ? t.byMe : t.byAnother}
            </Pill>
          ),
      },
    ];
  }, [t, user.id, onRead]);
  return <DataTable caption={t.table} columns={columns} rows={list} rowKey={({ story_id }) => story_id} />;
}
