import { clsx } from "clsx";
import type { ReactNode } from "react";

export type Column<Row> = {
  key: string;
  title: string;
  cell: (row: Row) => ReactNode;
  /** Numbers and money stand right. */
  align?: "right";
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
}: {
  /** Says what the table lists; read out, not shown. */
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
}) {
  /* eslint-disable jsx-a11y-x/no-redundant-roles, jsx-a11y-x/no-interactive-element-to-noninteractive-role --
     The roles are written out because a table laid out as blocks loses them in some browsers. */
  return (
    <table role="table" className="block w-full border-collapse sm:table">
      <caption className="sr-only">{caption}</caption>
      <thead role="rowgroup" className="sr-only sm:not-sr-only sm:table-header-group">
        <tr role="row" className="border-b border-line">
          {columns.map((column) => (
            <th
              key={column.key}
              role="columnheader"
              scope="col"
              className={clsx(
                "px-3 py-2 text-sm font-medium text-muted first:pl-0 last:pr-0",
                column.align === "right" ? "text-right" : "text-left",
              )}
            >
              {column.title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup" className="flex flex-col gap-3 sm:table-row-group">
        {rows.map((row) => (
          <tr
            key={rowKey(row)}
            role="row"
            className="flex flex-col gap-1 rounded-md border border-line bg-raised p-4 sm:table-row sm:border-0 sm:border-b sm:bg-transparent"
          >
            {columns.map((column, index) => (
              <td
                key={column.key}
                role="cell"
                className={clsx(
                  "flex items-center justify-between gap-4 sm:table-cell sm:px-3 sm:py-3 sm:align-top sm:first:pl-0 sm:last:pr-0",
                  index === 0 ? "font-medium sm:font-normal" : "text-right sm:text-left",
                  column.align === "right" && "sm:text-right",
                )}
              >
                {index > 0 && (
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
}
