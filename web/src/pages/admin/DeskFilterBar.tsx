import { clsx } from "clsx";
import { SlidersHorizontal } from "lucide-react";
import { useId, useState, type ReactNode } from "react";
import { Button } from "../../design/Button";
import { SearchField, SelectField, TextField } from "../../design/Form";
import { Icon } from "../../design/Icon";
import { deskTexts } from "../../i18n/desk";
import { useTexts } from "../../i18n/dictionary";
import { useAddressText } from "../../shared/useAddressText";
import type { DeskFilters } from "./useDeskFilters";

/** The search, what the page narrows by besides, and the days. */
export function DeskFilterBar({
  filters,
  help,
  children,
}: {
  filters: DeskFilters;
  /** What may be searched by. */
  help: string;
  children?: ReactNode;
}) {
  const t = useTexts(deskTexts);
  const { typed, setTyped } = useAddressText("q");
  const day = (name: "from" | "to") => (
    <TextField
      type="date"
      label={t[name]}
      name={name}
      value={filters.value(name)}
      error={undefined}
      filter
      onChange={(next) => filters.set(name, next)}
    />
  );
  return (
    <div className="grid grid-cols-2 items-start gap-x-3 gap-y-3 md:flex md:flex-wrap">
      <div className="col-span-2 md:min-w-52 md:flex-1">
        <SearchField label={t.search} help={help} value={typed} onChange={setTyped} />
      </div>
      <DeskFold filters={filters}>
        {children}
        <div className="col-span-2 grid grid-cols-2 gap-3 md:w-80">
          {day("from")}
          {day("to")}
        </div>
      </DeskFold>
    </div>
  );
}

/** On a phone what narrows a list stands behind one button, which says how much does: the list comes first. */
export function DeskFold({ filters, children }: { filters: DeskFilters; children: ReactNode }) {
  const t = useTexts(deskTexts);
  const id = useId();
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button
        className="col-span-2 sm:hidden"
        icon={<Icon of={SlidersHorizontal} size={18} />}
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => setOpen(!isOpen)}
      >
        {t.filters(filters.narrowing)}
      </Button>
      <div id={id} className={clsx(isOpen ? "contents" : "hidden sm:contents")}>
        {children}
      </div>
    </>
  );
}

/** One choice beside the search; the first, "", stands for all. */
export function DeskChoice({
  filters,
  name,
  label,
  any,
  choices,
}: {
  filters: DeskFilters;
  name: string;
  label: string;
  /** What no choice is called; without it there is always one. */
  any?: string;
  choices: readonly { value: string; label: string }[];
}) {
  return (
    <div className="col-span-2 min-w-0 md:w-44 lg:w-40">
      <SelectField
        name={name}
        value={
          filters.choice(
            name,
            choices.map(({ value }) => value),
          ) ?? (any === undefined ? (choices[0]?.value ?? "") : "")
        }
        error={undefined}
        onChange={(next) => filters.set(name, any === undefined && next === choices[0]?.value ? "" : next)}
        label={label}
        filter
        options={[...(any === undefined ? [] : [{ value: "", label: any }]), ...choices]}
      />
    </div>
  );
}
