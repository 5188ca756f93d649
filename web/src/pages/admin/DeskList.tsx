import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { SearchX } from "lucide-react";
import { deskList, type Asked, type ItemOf, type ListName } from "../../api/desk";
import { Button, ButtonLink } from "../../design/Button";
import { DataTable, type DataColumn } from "../../design/DataTable";
import { Icon } from "../../design/Icon";
import { useSorting } from "../../design/sorting";
import { EmptyState, ErrorState, Loading } from "../../design/States";
import { deskTexts } from "../../i18n/desk";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { Export } from "./Export";

/** A list of the desk with its states: loading, nothing, one page after another, and the whole of it as a file. */
export function DeskList<Name extends ListName>({
  name,
  asked: narrowed,
  caption,
  columns,
  usual = "newest",
  file,
  empty,
  reset,
}: {
  name: Name;
  asked: Asked;
  /** What the table lists, read out. */
  caption: string;
  /** At most one of them is what the list goes by, from either end: of a time. */
  columns: readonly DataColumn<ItemOf<Name>>[];
  /** Which end comes first when nothing is said. */
  usual?: "newest" | "oldest";
  /** The name of the file that is exported, without its ending. */
  file: string;
  /** When nothing is there though nothing narrows it. */
  empty?: { title: string; text: string };
  /** The address without filters, when there are some. */
  reset: string | undefined;
}) {
  const t = useTexts(deskTexts);
  const { count } = useFormats();
  const time = columns.find(({ sort }) => sort)?.key;
  const sorting = useSorting(`${usual === "newest" ? "-" : ""}${time ?? ""}`, time ? [time] : []);
  const asked = { ...narrowed, ...(time && { sort: sorting.descending ? "newest" : "oldest" }) };
  const list = useInfiniteQuery({ ...deskList(name, asked), placeholderData: keepPreviousData });
  const rows = list.data?.pages.flatMap(({ items }) => items);
  const table = (
    <DataTable
      caption={caption}
      columns={columns}
      rows={rows}
      rowKey={({ id }) => id}
      sorting={time === undefined ? undefined : sorting}
    />
  );
  if (rows === undefined) {
    return list.isError ? (
      <ErrorState error={list.error} retry={() => void list.refetch()} />
    ) : (
      <Loading>
        <div className="h-10" />
        {table}
      </Loading>
    );
  }
  if (rows.length === 0) {
    const { title, text } = (reset === undefined ? empty : undefined) ?? { title: t.none, text: t.noneText };
    return (
      <EmptyState
        title={title}
        picture={<Icon of={SearchX} size={32} />}
        action={
          reset && (
            <ButtonLink to={reset} size="small">
              {t.reset}
            </ButtonLink>
          )
        }
      >
        {text}
      </EmptyState>
    );
  }
  return (
    <div className="flex flex-col gap-1">
      <div className="flex min-h-9 flex-wrap items-center justify-between gap-3">
        <p role="status" className="text-muted">
          {t.shown(count(rows.length), !list.hasNextPage)}
        </p>
        <Export name={name} asked={asked} columns={columns} file={file} />
      </div>
      {list.isError && <ErrorState error={list.error} retry={() => void list.refetch()} />}
      {table}
      {list.hasNextPage && (
        <Button
          className="mt-4 self-center"
          pending={list.isFetchingNextPage && t.loadingMore}
          onClick={() => void list.fetchNextPage()}
        >
          {t.more}
        </Button>
      )}
    </div>
  );
}
