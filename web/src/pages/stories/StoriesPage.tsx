import { BookOpen, MoreHorizontal } from "lucide-react";
import { useState } from "react";
import { Link } from "react-router";
import { asApiError } from "../../api/errors";
import { mayActAs } from "../../api/organizations";
import {
  useDeleteStory,
  useFeatureStory,
  useMoveStory,
  useStories,
  useSubmitStory,
  type Story,
  type StoryStatus as Status,
} from "../../api/stories";
import { ButtonLink, IconButton } from "../../design/Button";
import { ConfirmDialog } from "../../design/Dialog";
import { SelectField } from "../../design/Form";
import { Icon } from "../../design/Icon";
import { Menu, type MenuItem } from "../../design/Menu";
import { PageHeader } from "../../design/Page";
import { EmptyState, Loaded, SkeletonLines } from "../../design/States";
import { Table } from "../../design/Table";
import { toast } from "../../design/toast";
import { DateTime } from "../../design/Values";
import { useTexts } from "../../i18n/dictionary";
import { errorTexts } from "../../i18n/errors";
import { useFormats } from "../../i18n/format";
import { storyTexts } from "../../i18n/stories";
import { useOrganization } from "../../shared/organization";
import { StoryStatus } from "../../stories/StoryStatus";
import { StoryTypeIcon } from "../../stories/StoryTypeIcon";
import { AppealDialog } from "./AppealDialog";

type Shown = Status | "all" | "deleted";
const shownOnes: readonly Shown[] = ["all", "draft", "pending_review", "published", "rejected", "deleted"];

/** What the organization has told, is telling and was told not to tell. */
export function StoriesPage() {
  const texts = useTexts(storyTexts);
  const t = texts.mine;
  const { organization, role } = useOrganization();
  const stories = useStories(organization.id);
  const [shown, setShown] = useState<Shown>("all");
  const mayWrite = mayActAs(role, "editor");
  const create = mayWrite && (
    <ButtonLink to="/dashboard/producer/stories/new" variant="primary">
      {t.create}
    </ButtonLink>
  );
  return (
    <div className="flex flex-col gap-8">
      <PageHeader title={t.title} lead={mayWrite ? t.lead : t.readOnly} action={create} />
      <Loaded query={stories} skeleton={<SkeletonLines count={8} />}>
        {(all) => {
          if (all.length === 0) {
            return (
              <EmptyState title={t.none} picture={<Icon of={BookOpen} size={32} />}>
                {t.noneText}
              </EmptyState>
            );
          }
          const list = all.filter((story) =>
            shown === "deleted"
              ? story.deleted_at !== null
              : story.deleted_at === null && (shown === "all" || story.status === shown),
          );
          return (
            <div className="flex flex-col gap-6">
              <div className="max-w-xs">
                <SelectField
                  filter
                  name="shown"
                  label={t.filter}
                  value={shown}
                  error={undefined}
                  onChange={setShown}
                  options={shownOnes.map((each) => ({
                    value: each,
                    label: each === "all" ? t.all : each === "deleted" ? t.deleted : texts.status[each],
                  }))}
                />
              </div>
              {list.length === 0 ? (
                <p className="text-muted">{t.noneHere}</p>
              ) : (
                <StoryTable list={list} mayWrite={mayWrite} />
              )}
            </div>
          );
        }}
      </Loaded>
    </div>
  );
}

function StoryTable({ list, mayWrite }: { list: readonly Story[]; mayWrite: boolean }) {
  const texts = useTexts(storyTexts);
  const t = texts.mine;
  const { timeZone } = useOrganization();
  const { count } = useFormats(timeZone);
  return (
    <Table
      caption={t.table}
      rows={list}
      rowKey={({ id }) => id}
      columns={[
        { key: "title", title: t.column.title, cell: (story) => <Title story={story} mayWrite={mayWrite} /> },
        {
          key: "status",
          title: t.column.status,
          cell: (story) => (
            <span className="flex flex-col items-end gap-1 sm:items-start">
              <StoryStatus story={story} timeZone={timeZone} />
              {story.is_featured && <span className="text-sm text-muted">{t.featured}</span>}
            </span>
          ),
        },
        {
          key: "changed",
          title: t.column.changed,
          cell: ({ updated_at }) => <DateTime at={updated_at} show="short-date" timeZone={timeZone} />,
        },
        {
          key: "views",
          title: t.column.views,
          align: "right",
          cell: ({ view_count }) => <span className="tabular-nums">{count(view_count)}</span>,
        },
        ...(mayWrite
          ? [
              {
                key: "actions",
                title: t.column.actions,
                align: "right" as const,
                corner: "icon" as const,
                cell: (story: Story) => <Actions story={story} />,
              },
            ]
          : []),
      ]}
    />
  );
}

function Title({ story, mayWrite }: { story: Story; mayWrite: boolean }) {
  const texts = useTexts(storyTexts);
  return (
    <span className="flex flex-col gap-1">
      {mayWrite && !story.deleted_at ? (
        <Link to={`/dashboard/producer/stories/${story.id}/edit`} className="link font-medium wrap-anywhere">
          {story.title}
        </Link>
      ) : (
        <span className="font-medium wrap-anywhere">{story.title}</span>
      )}
      <StoryTypeIcon type={story.story_type} />
      {story.status === "rejected" && story.rejection_code && (
        <span className="measure text-sm font-normal wrap-anywhere">
          <span className="text-bad">
            {texts.mine.why}: {texts.rejection[story.rejection_code]}
          </span>{" "}
          {story.rejection_comment}
        </span>
      )}
    </span>
  );
}

function Actions({ story }: { story: Story }) {
  const t = useTexts(storyTexts).mine;
  const errors = useTexts(errorTexts);
  const { organization } = useOrganization();
  const submit = useSubmitStory(organization.id);
  const move = useMoveStory(organization.id);
  const feature = useFeatureStory(organization.id);
  const remove = useDeleteStory(organization.id);
  const [asking, setAsking] = useState<"unpublish" | "appeal">();
  const { id, status, title } = story;

  async function act(deed: () => Promise<unknown>, said: string, undo?: () => unknown) {
    try {
      await deed();
      toast(said, undo ? { undo } : {});
    } catch (error) {
      toast(errors[asApiError(error).code], { kind: "bad" });
    }
  }
  const restore = () => act(() => move(id, "restore_story"), t.restored);

  const items: Record<string, MenuItem> = {
    edit: { key: "edit", label: t.edit, to: `/dashboard/producer/stories/${id}/edit` },
    open: { key: "open", label: t.open, to: `/organizations/${organization.slug}/stories/${id}` },
    submit: { key: "submit", label: t.submit, onSelect: () => void act(() => submit(id), t.submitted) },
    withdraw: {
      key: "withdraw",
      label: t.withdraw,
      onSelect: () => void act(() => move(id, "withdraw_story"), t.withdrawn),
    },
    feature: {
      key: "feature",
      label: story.is_featured ? t.unfeature : t.feature,
      onSelect: () =>
        void act(() => feature(id, !story.is_featured), story.is_featured ? t.isNotFeatured : t.isFeatured),
    },
    unpublish: { key: "unpublish", label: t.unpublish, apart: true, onSelect: () => setAsking("unpublish") },
    appeal: { key: "appeal", label: t.appeal, onSelect: () => setAsking("appeal") },
    remove: {
      key: "remove",
      label: t.remove,
      apart: true,
      onSelect: () =>
        void act(
          () => remove(id),
          t.removed,
          () => void restore(),
        ),
    },
    restore: { key: "restore", label: t.restore, onSelect: () => void restore() },
  };
  const offered = {
    draft: ["edit", "submit", "remove"],
    pending_review: ["withdraw"],
    published: ["open", "edit", "feature", "unpublish"],
    rejected: ["edit", "submit", ...(story.appealed_at ? [] : ["appeal"]), "remove"],
  }[status];
  return (
    <>
      <Menu
        trigger={
          <IconButton label={t.actions(title)}>
            <Icon of={MoreHorizontal} />
          </IconButton>
        }
        items={(story.deleted_at ? ["restore"] : offered).flatMap((key) => items[key] ?? [])}
      />
      <ConfirmDialog
        open={asking === "unpublish"}
        onClose={() => setAsking(undefined)}
        title={t.unpublishTitle(title)}
        action={t.unpublish}
        pendingText={t.unpublishing}
        onConfirm={async () => {
          await move(id, "unpublish_story");
          toast(t.unpublished);
        }}
      >
        {t.unpublishText}
      </ConfirmDialog>
      <AppealDialog open={asking === "appeal"} onClose={() => setAsking(undefined)} story={story} />
    </>
  );
}
