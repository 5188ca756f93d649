import { useInfiniteQuery } from "@tanstack/react-query";
import { QrCode as QrIcon, SearchX } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Link, useSearchParams } from "react-router";
import { mayActAs } from "../../api/organizations";
import { qrCodes, type QrCode, type QrSort } from "../../api/qr";
import { Button } from "../../design/Button";
import { SearchField, SelectField } from "../../design/Form";
import { Icon } from "../../design/Icon";
import { PageHeader } from "../../design/Page";
import { useSorting, type Sorting } from "../../design/sorting";
import { EmptyState, ErrorState, Loading, SkeletonLines } from "../../design/States";
import { Table } from "../../design/Table";
import { DateTime } from "../../design/Values";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { qrTexts } from "../../i18n/qr";
import { useOrganization } from "../../shared/organization";
import { useAddressText } from "../../shared/useAddressText";
import { BulkDialog } from "./BulkDialog";
import { CreateDialog } from "./CreateDialog";
import { CsvDialog } from "./CsvDialog";
import { useSelection, type Selection } from "./selection";
import { SelectionBar } from "./SelectionBar";
import { useTargetInWords } from "./target";
import { numbers } from "./timeline";

/** As the database calls it, by column and whether from its end. */
const sorts: Readonly<Record<string, readonly [QrSort, QrSort]>> = {
  name: ["name", "name_back"],
  made: ["oldest", "newest"],
};

type Open = "create" | "bulk" | "csv" | undefined;

/** All codes of the organization: found, made one by one, many at once or from a table, and switched together. */
export function QrCodesPage() {
  const texts = useTexts(qrTexts);
  const t = texts.list;
  const { organization, role } = useOrganization();
  const mayWrite = mayActAs(role, "editor");
  const { asked, typed, setTyped } = useAddressText("q");
  const { tag, setTag } = useTagInAddress();
  const [open, setOpen] = useState<Open>();
  const sorting = useSorting("-made", Object.keys(sorts));
  const sort = sorts[sorting.by]?.[sorting.descending ? 1 : 0] ?? "newest";
  const codes = useInfiniteQuery({
    ...qrCodes(organization.id, { query: asked, tag, sort }),
    // Those of the same organization stay while others are found, and with them the button that was pressed.
    placeholderData: (before, query) => (query?.queryKey[1] === organization.id ? before : undefined),
  });
  const [first] = codes.data?.pages ?? [];
  const list = codes.data?.pages.flatMap(({ items }) => items) ?? [];
  const close = () => setOpen(undefined);
  const isFiltered = asked !== "" || tag !== "";
  const many = (
    <div className="flex flex-wrap gap-2">
      <Button size="small" onClick={() => setOpen("bulk")}>
        {texts.bulk.action}
      </Button>
      <Button size="small" onClick={() => setOpen("csv")}>
        {texts.csv.action}
      </Button>
    </div>
  );

  return (
    <div className="flex flex-col gap-6">
      <PageHeader
        title={t.title}
        lead={t.lead}
        action={
          mayWrite && (
            <Button variant="primary" onClick={() => setOpen("create")}>
              {texts.create.action}
            </Button>
          )
        }
      />
      <div className="grid gap-4 sm:grid-cols-[minmax(0,1fr)_14rem]">
        <SearchField label={t.search} help={t.searchHelp} value={typed} onChange={setTyped} />
        {first && first.tags.length > 0 && (
          <SelectField
            name="tag"
            label={t.tag}
            filter
            value={tag}
            error={undefined}
            onChange={setTag}
            options={[
              { value: "", label: t.allTags },
              ...first.tags.map((one) => ({ value: one, label: one })),
            ]}
          />
        )}
      </div>

      {!first ? (
        codes.isError ? (
          <ErrorState error={codes.error} retry={() => void codes.refetch()} />
        ) : (
          <Loading>
            <SkeletonLines count={8} />
          </Loading>
        )
      ) : list.length === 0 ? (
        <EmptyState
          title={isFiltered ? t.notFound : t.none}
          picture={<Icon of={isFiltered ? SearchX : QrIcon} size={32} />}
          action={!isFiltered && mayWrite && many}
        >
          {isFiltered ? t.notFoundText : t.noneText}
        </EmptyState>
      ) : (
        <>
          <Codes
            key={organization.id}
            list={list}
            total={first.total}
            sorting={sorting}
            many={mayWrite && many}
          />
          {codes.hasNextPage && (
            <div>
              <Button
                pending={codes.isFetchingNextPage && t.loadingMore}
                onClick={() => void codes.fetchNextPage()}
              >
                {t.more}
              </Button>
            </div>
          )}
          <p className="measure text-sm text-muted">{texts.numbersHelp}</p>
        </>
      )}

      <CreateDialog open={open === "create"} onClose={close} />
      <BulkDialog open={open === "bulk"} onClose={close} />
      <CsvDialog open={open === "csv"} onClose={close} />
    </div>
  );
}

/** The chosen tag stands in the address, so that a link shares it. */
function useTagInAddress() {
  const [parameters, setParameters] = useSearchParams();
  return {
    tag: parameters.get("tag") ?? "",
    setTag: (tag: string) =>
      setParameters(
        (before) => {
          const after = new URLSearchParams(before);
          if (tag) after.set("tag", tag);
          else after.delete("tag");
          return after;
        },
        { replace: true },
      ),
  };
}

function Codes({
  list,
  total,
  sorting,
  many,
}: {
  list: readonly QrCode[];
  total: number;
  sorting: Sorting;
  /** What makes more of them; without it nothing can be changed. */
  many: ReactNode;
}) {
  const texts = useTexts(qrTexts);
  const t = texts.list;
  const { timeZone } = useOrganization();
  const { count } = useFormats();
  const inWords = useTargetInWords(list);
  const selection = useSelection(list);
  const { ids } = selection;

  return (
    <div className="flex flex-col gap-3">
      <div className="flex min-h-11 flex-wrap items-center justify-between gap-3">
        <p role="status" className="text-muted">
          {ids ? t.selected(ids.length) : t.total(total)}
        </p>
        {many && !ids && (
          <div className="flex flex-wrap gap-2">
            {many}
            <Button size="small" onClick={selection.begin}>
              {t.selectMode}
            </Button>
          </div>
        )}
      </div>
      {ids && <SelectionBar list={list} selection={selection} />}
      <Table
        caption={t.caption}
        rows={list}
        rowKey={({ id }) => id}
        sorting={sorting}
        columns={[
          {
            key: "name",
            title: t.name,
            sort: { kind: "text" },
            cell: (code) => (
              <span className="flex items-start gap-3">
                <Choice code={code} selection={selection} />
                <span className="flex min-w-0 flex-col gap-0.5 text-left">
                  <Link to={`/dashboard/qr/${code.id}`} className="link wrap-anywhere">
                    {code.title || code.code}
                  </Link>
                  <span className="text-sm text-muted">
                    <span className="tabular-nums">{code.code}</span>
                    {!code.is_active && ` · ${t.off}`}
                    {code.tags.length > 0 && ` · ${code.tags.join(", ")}`}
                  </span>
                </span>
              </span>
            ),
          },
          {
            key: "target",
            title: t.target,
            cell: (code) => <span className="text-sm wrap-anywhere">{inWords(code)}</span>,
          },
          {
            key: "made",
            title: t.made,
            sort: { kind: "time" },
            wide: true,
            cell: ({ created_at }) => <DateTime at={created_at} show="short-date" timeZone={timeZone} />,
          },
          ...numbers.map((name) => ({
            key: name,
            title: texts.numbers[name],
            align: "right" as const,
            cell: (code: QrCode) => <span className="tabular-nums">{count(code[name])}</span>,
          })),
        ]}
      />
    </div>
  );
}

function Choice({ code, selection: { ids, choose } }: { code: QrCode; selection: Selection }) {
  const t = useTexts(qrTexts).list;
  return (
    ids && (
      <input
        type="checkbox"
        aria-label={t.select(code.title || code.code)}
        className="size-6 shrink-0 cursor-pointer accent-ink"
        checked={ids.includes(code.id)}
        onChange={(event) => choose(code.id, event.target.checked)}
      />
    )
  );
}
