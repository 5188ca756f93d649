import { tableFeatures, useTable } from "@tanstack/react-table";
import { clsx } from "clsx";
import { useMemo, type ReactNode } from "react";
import { Link } from "react-router";
import { useLangOf } from "../i18n/langOf";
import { ariaSort, SortField, SortTitle } from "./SortControls";
import type { SortBy, Sorting } from "./sorting";
import { Skeleton } from "./States";

/** Where a cell stands in a card of two lines on a phone: above left and right, below left and right. */
type Place = "title" | "aside" | "note" | "end";

export type DataColumn<Row> = {
  key: string;
  title: string;
  cell: (row: Row) => ReactNode;
  /** What a spreadsheet gets; a column without it is not exported. */
  text?: (row: Row) => string;
  /** Numbers and money stand right. */
  align?: "right";
  /** A class, such as `w-32`: the rest is shared by the columns without one. */
  width?: string;
  /** Without a place it is left out on a phone. */
  phone?: Place;
  /** On a phone it takes a second line rather than be cut. */
  wraps?: boolean;
  /** Shown only where there is room, from 1200 px on; or not at all, for the spreadsheet alone. */
  wide?: boolean | "never";
  /** The list is sorted by it, by whoever gives the rows. */
  sort?: SortBy<Row>;
};

const places: Record<Place, string> = {
  // Three columns, so that a long word in one line takes no room in the other.
  title: "col-span-2 col-start-1 row-start-1 font-medium md:font-normal",
  aside: "col-start-3 row-start-1 justify-self-end",
  note: "col-start-1 row-start-2 text-sm text-muted md:text-base md:text-ink",
  end: "col-span-2 col-start-2 row-start-2 max-w-[60vw] justify-self-end text-sm text-muted md:max-w-none md:text-base md:text-ink",
};
const row =
  "grid min-h-16 grid-cols-[minmax(0,1fr)_auto_auto] content-center items-center gap-x-3 gap-y-0.5 border-b border-line py-2 md:table-row md:h-11 md:min-h-0";
const shownFrom = (wide: boolean | "never" | undefined) =>
  wide === "never" ? "md:hidden" : wide ? "md:hidden min-[75rem]:table-cell" : "md:table-cell";
/** At a desk a row of 44 px has room for two lines, before a text is cut. */
export const inTwoLines = "md:line-clamp-2 md:leading-5 md:whitespace-normal md:wrap-anywhere";
const features = tableFeatures({});

/**
 * A dense table of a desk: rows of 44 px under a head that stays; on a phone cards of two lines. `rows` undefined: it
 * is loading, and takes the room of what comes.
 */
export function DataTable<Row extends object>({
  caption,
  columns,
  rows,
  rowKey,
  expected = 12,
  sorting,
}: {
  /** Says what the table lists; read out, not shown. */
  caption: string;
  columns: readonly DataColumn<Row>[];
  rows: readonly Row[] | undefined;
  rowKey: (row: Row) => string;
  /** How many rows are probably coming. */
  expected?: number;
  sorting?: Sorting;
}) {
  const definitions = useMemo(
    () => columns.map(({ key, title }) => ({ id: key, header: title, accessorFn: (each: Row) => each })),
    [columns],
  );
  const data = useMemo(() => [...(rows ?? [])], [rows]);
  const table = useTable({ features, columns: definitions, data, getRowId: rowKey });
  const byKey = new Map(columns.map((column) => [column.key, column]));
  const langOf = useLangOf();
  const isAlone = !columns.some(({ phone }) => phone === "aside");
  const look = (key: string) => {
    const column = byKey.get(key);
    return clsx(
      column?.phone ? places[column.phone] : "hidden",
      column?.phone === "title" && isAlone && "col-span-3",
      shownFrom(column?.wide),
      column?.align === "right" && "md:text-right",
      column?.wraps && "max-md:wrap-anywhere max-md:whitespace-normal",
      "min-w-0 truncate md:px-3 md:align-middle md:first:pl-0 md:last:pr-0",
    );
  };
  /* eslint-disable jsx-a11y-x/no-redundant-roles, jsx-a11y-x/no-interactive-element-to-noninteractive-role --
     The roles are written out because a table laid out as blocks loses them in some browsers. */
  const sheet = (
    <table
      role="table"
      aria-busy={rows === undefined}
      className="block w-full table-fixed border-collapse md:table"
    >
      <caption className="sr-only">{caption}</caption>
      <thead role="rowgroup" className="sr-only md:not-sr-only md:table-header-group">
        {table.getHeaderGroups().map((group) => (
          <tr key={group.id} role="row">
            {group.headers.map(({ id }) => {
              const column = byKey.get(id);
              return (
                <th
                  key={id}
                  role="columnheader"
                  scope="col"
                  aria-sort={column && ariaSort(column, sorting)}
                  className={clsx(
                    // A line of its own: a border does not stay with a head that sticks.
                    "sticky top-0 z-1 h-10 truncate bg-paper px-3 text-sm font-medium text-muted shadow-[inset_0_-1px_0_var(--edge)] first:pl-0 last:pr-0",
                    column?.align === "right" ? "text-right" : "text-left",
                    column?.width,
                    column?.wide && shownFrom(column.wide),
                  )}
                >
                  {column && <SortTitle column={column} sorting={sorting} from="md" />}
                </th>
              );
            })}
          </tr>
        ))}
      </thead>
      <tbody role="rowgroup" className="block border-t border-line md:table-row-group md:border-0">
        {rows === undefined
          ? Array.from({ length: expected }, (_, place) => (
              <tr key={place} role="row" className={row}>
                {columns.map(({ key, phone }) => (
                  <td key={key} role="cell" className={look(key)}>
                    <Skeleton className={phone === "title" ? "h-4 w-3/4" : "h-4 min-w-16"} />
                  </td>
                ))}
              </tr>
            ))
          : table.getRowModel().rows.map((each) => (
              <tr key={each.id} role="row" className={clsx(row, "hover:bg-sunken")}>
                {each.getAllCells().map(({ column }) => {
                  const cell = byKey.get(column.id)?.cell(each.original);
                  return (
                    <td key={column.id} role="cell" lang={langOf(cell)} className={look(column.id)}>
                      {typeof cell === "string" ? <span className={inTwoLines}>{cell}</span> : cell}
                    </td>
                  );
                })}
              </tr>
            ))}
      </tbody>
    </table>
  );
  if (!sorting) return sheet;
  return (
    <div className="flex flex-col gap-3">
      <SortField columns={columns} sorting={sorting} className="md:hidden" />
      {sheet}
    </div>
  );
}

/** A link in a cell: as tall as a finger needs, and cut where the cell ends. */
export function CellLink({ to, children }: { to: string; children: string }) {
  return (
    <Link
      to={to}
      title={children}
      lang={useLangOf()(children)}
      className={clsx("link inline-block max-w-full truncate align-middle leading-6", inTwoLines)}
    >
      {children}
    </Link>
  );
}

/** The same for what opens beside the list. `label` says more than the text where that alone would not do. */
export function CellButton({
  label,
  title,
  onClick,
  children,
}: {
  label?: string;
  title?: string;
  onClick: () => void;
  children: string;
}) {
  return (
    <button
      type="button"
      title={title ?? children}
      aria-label={label}
      className={clsx(
        "link min-h-6 max-w-full overflow-hidden text-left align-middle text-ellipsis",
        inTwoLines,
      )}
      onClick={onClick}
    >
      {children}
    </button>
  );
}
