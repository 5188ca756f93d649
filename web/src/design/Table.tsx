import { clsx } from "clsx";
import type { ReactNode } from "react";
import { useLocale } from "../i18n/locale";
import { ariaSort, SortField, SortTitle } from "./SortControls";
import { sortRows, type SortBy, type Sorting } from "./sorting";

export type Column<Row> = {
  key: string;
  title: string;
  cell: (row: Row) => ReactNode;
  /** Numbers and money stand right. */
  align?: "right";
  /** The table is sorted by it. */
  sort?: SortBy<Row>;
  /** Shown only where there is room, from 1200 px on. */
  wide?: boolean;
  /** On a phone it stands beside the card's head rather than in a line of its own: one button, with words or an icon. */
  corner?: "words" | "icon";
  /** Left out of a card where it says nothing. */
  isEmpty?: (row: Row) => boolean;
};

/**
 * A table that becomes a list of cards under 640 px: the first column is the card's head, the others stand
 * below it with their titles.
 */
export function Table<Row>({
  caption,
  columns,
  rows,
  rowKey,
  sorting,
}: {
  /** Says what the table lists; read out, not shown. */
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  sorting?: Sorting;
}) {
  const { language } = useLocale();
  /** The room that the head of a card leaves. */
  const beside = (row: Row) => {
    const corner = columns.find(({ corner: kind, isEmpty }) => kind && !isEmpty?.(row))?.corner;
    return corner && (corner === "icon" ? "max-sm:pr-10" : "max-sm:pr-24");
  };
  const shownFrom = (wide: boolean | undefined) =>
    wide ? "sm:hidden min-[75rem]:table-cell" : "sm:table-cell";
  /* eslint-disable jsx-a11y-x/no-redundant-roles, jsx-a11y-x/no-interactive-element-to-noninteractive-role --
     The roles are written out because a table laid out as blocks loses them in some browsers. */
  const table = (
    <table role="table" className="block w-full border-collapse sm:table">
      <caption className="sr-only">{caption}</caption>
      <thead role="rowgroup" className="sr-only sm:not-sr-only sm:table-header-group">
        <tr role="row" className="border-b border-line">
          {columns.map((column) => (
            <th
              key={column.key}
              role="columnheader"
              scope="col"
              aria-sort={ariaSort(column, sorting)}
              className={clsx(
                column.wide && shownFrom(true),
                "px-3 py-2 text-sm font-medium text-muted first:pl-0 last:pr-0",
                column.align === "right" ? "text-right" : "text-left",
              )}
            >
              <SortTitle column={column} sorting={sorting} from="sm" />
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup" className="flex flex-col gap-3 sm:table-row-group">
        {sortRows(rows, columns, sorting, language).map((row) => (
          <tr
            key={rowKey(row)}
            role="row"
            className="relative flex flex-col gap-1 rounded-md border border-line bg-raised p-4 sm:static sm:table-row sm:border-0 sm:border-b sm:bg-transparent"
          >
            {columns.map((column, index) => (
              <td
                key={column.key}
                role="cell"
                className={clsx(
                  column.isEmpty?.(row) ? "hidden" : "flex",
                  shownFrom(column.wide),
                  "items-center justify-between gap-4 sm:px-3 sm:py-3 sm:align-top sm:first:pl-0 sm:last:pr-0",
                  column.corner && "max-sm:absolute max-sm:top-3 max-sm:right-3",
                  index === 0 && beside(row),
                  index === 0 ? "font-medium sm:font-normal" : "text-right sm:text-left",
                  column.align === "right" && "sm:text-right",
                )}
              >
                {index > 0 && !column.corner && (
                  <span aria-hidden className="shrink-0 text-left text-sm text-muted sm:hidden">
                    {column.title}
                  </span>
                )}
                <span className="min-w-0">{column.cell(row)}</span>
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
  if (!sorting) return table;
  return (
    <div className="flex flex-col gap-4">
      <SortField columns={columns} sorting={sorting} className="sm:hidden" />
      {table}
    </div>
  );
}
