import { useSearchParams } from "react-router";
import { sortingTexts } from "../i18n/sorting";

/** What a column holds: it says which way is meant by "first". `rank` 0 is the highest. */
export type SortKind = keyof (typeof sortingTexts)["ru"]["way"];

/** A column by which a table is sorted: by `value`, or, without it, by whoever gives the rows. */
export type SortBy<Row> = { kind: SortKind; value?: (row: Row) => string | number };

type Sortable<Row> = { key: string; sort?: SortBy<Row> };

/** How a table is sorted, and sorting it otherwise. */
export type Sorting = {
  by: string;
  descending: boolean;
  choose: (by: string, descending: boolean) => void;
};

/** `name`, or `-name` from the other end. */
const written = (by: string, descending: boolean) => (descending ? `-${by}` : by);

/** It stands in the address (`?sort=-date`), so that a link shares it; what is `usual` is not said there. */
export function useSorting(usual: string, columns: readonly string[]): Sorting {
  const [parameters, setParameters] = useSearchParams();
  const asked = parameters.get("sort") ?? "";
  const sort = columns.includes(asked.replace(/^-/, "")) ? asked : usual;
  return {
    by: sort.replace(/^-/, ""),
    descending: sort.startsWith("-"),
    choose: (by, descending) =>
      setParameters(
        (before) => {
          const after = new URLSearchParams(before);
          const next = written(by, descending);
          if (next === usual) after.delete("sort");
          else after.set("sort", next);
          return after;
        },
        { replace: true },
      ),
  };
}

/** Whether a column begins with its end when it is first chosen: the newest, the largest. */
export const beginsDescending = (kind: SortKind) => kind === "time" || kind === "number";

/** The rows in their order; those that are equal stay as they were. */
export function sortRows<Row>(
  rows: readonly Row[],
  columns: readonly Sortable<Row>[],
  sorting: Sorting | undefined,
  language: string,
): readonly Row[] {
  const value = columns.find(({ key }) => key === sorting?.by)?.sort?.value;
  if (!value) return rows;
  const words = new Intl.Collator(language, { numeric: true });
  const way = sorting?.descending ? -1 : 1;
  return [...rows].sort((one, other) => {
    const [a, b] = [value(one), value(other)];
    return (
      way * (typeof a === "number" && typeof b === "number" ? a - b : words.compare(String(a), String(b)))
    );
  });
}
