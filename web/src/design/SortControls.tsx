import { clsx } from "clsx";
import { ArrowDown, ArrowUp, ChevronsUpDown } from "lucide-react";
import { useTexts } from "../i18n/dictionary";
import { sortingTexts } from "../i18n/sorting";
import { SelectField } from "./Form";
import { Icon } from "./Icon";
import { beginsDescending, type SortBy, type Sorting } from "./sorting";

type Column<Row> = { key: string; title: string; sort?: SortBy<Row>; align?: "right" };

/** What a column head says of its order to those who do not see the arrow. */
export function ariaSort<Row>({ key, sort }: Column<Row>, sorting: Sorting | undefined) {
  if (!sort || sorting?.by !== key) return undefined;
  return sorting.descending ? "descending" : "ascending";
}

/** From which width on a table has a head that is seen; below it nothing there takes the focus. */
const seen = {
  sm: { title: "sm:hidden", button: "hidden sm:inline-flex" },
  md: { title: "md:hidden", button: "hidden md:inline-flex" },
};

/** A column's title; where the table is sorted by the column, a button that does so, and turns it round. */
export function SortTitle<Row>({
  column,
  sorting,
  from,
}: {
  column: Column<Row>;
  sorting: Sorting | undefined;
  from: keyof typeof seen;
}) {
  const { key, title, sort, align } = column;
  if (!sort || !sorting) return <>{title}</>;
  const isChosen = sorting.by === key;
  return (
    <>
      <span className={seen[from].title}>{title}</span>
      <button
        type="button"
        className={clsx(
          seen[from].button,
          "-mx-1.5 min-h-8 max-w-[calc(100%+0.75rem)] items-center gap-1 rounded-sm px-1.5 hover:bg-sunken hover:text-ink",
          align === "right" && "flex-row-reverse",
          isChosen && "text-ink",
        )}
        onClick={() => sorting.choose(key, isChosen ? !sorting.descending : beginsDescending(sort.kind))}
      >
        <span className="truncate">{title}</span>
        <Icon of={isChosen ? (sorting.descending ? ArrowDown : ArrowUp) : ChevronsUpDown} size={14} />
      </button>
    </>
  );
}

/** The same on a phone, where a table has no head. */
export function SortField<Row>({
  columns,
  sorting,
  className,
}: {
  columns: readonly Column<Row>[];
  sorting: Sorting | undefined;
  /** Where it is shown. */
  className: string;
}) {
  const t = useTexts(sortingTexts);
  if (!sorting) return null;
  const options = columns.flatMap(({ key, title, sort }) =>
    sort
      ? [beginsDescending(sort.kind), !beginsDescending(sort.kind)].map((descending) => ({
          value: `${descending ? "-" : ""}${key}`,
          label: t.option(title, t.way[sort.kind][descending ? "down" : "up"]),
        }))
      : [],
  );
  return (
    <div className={className}>
      <SelectField
        name="sort"
        filter
        beside
        label={t.label}
        value={`${sorting.descending ? "-" : ""}${sorting.by}`}
        error={undefined}
        options={options}
        onChange={(next) => sorting.choose(next.replace(/^-/, ""), next.startsWith("-"))}
      />
    </div>
  );
}
