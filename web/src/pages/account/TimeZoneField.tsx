import { clsx } from "clsx";
import { ChevronDown } from "lucide-react";
import { useId, useMemo, useState } from "react";
import { Dialog } from "../../design/Dialog";
import { SearchField } from "../../design/Form";
import { Icon } from "../../design/Icon";
import type { Field } from "../../design/useForm";
import { account } from "../../i18n/account";
import { useTexts } from "../../i18n/dictionary";
import { useLocale } from "../../i18n/locale";
import { findZones, nowIn, zone, zoneGroups } from "./timeZones";

/** A time zone: shown with its offset, found by a word of its name, chosen from a list by parts of the world. */
export function TimeZoneField({
  value,
  onChange,
  label,
  help,
}: Field<string> & {
  label: string;
  /** What it is for, with the time that it is there now. */
  help: (now: string) => string;
}) {
  const t = useTexts(account);
  const { language } = useLocale();
  const id = useId();
  const [isOpen, setOpen] = useState(false);
  const shown = zone(value, language);
  return (
    <div className="flex flex-col gap-1.5">
      <span id={id} className="font-medium">
        {label}
      </span>
      <button
        type="button"
        aria-haspopup="dialog"
        aria-labelledby={`${id} ${id}-value`}
        aria-describedby={`${id}-help`}
        className="flex min-h-11 w-full items-center justify-between gap-3 rounded-md border border-edge bg-raised px-3 text-left focus-visible:rounded-md focus-visible:outline-offset-0"
        onClick={() => setOpen(true)}
      >
        <span id={`${id}-value`}>{t.zone(shown.city, shown.offset)}</span>
        <Icon of={ChevronDown} size={18} />
      </button>
      <p id={`${id}-help`} className="text-sm text-muted">
        {help(nowIn(value, language))}
      </p>
      <Dialog open={isOpen} onClose={() => setOpen(false)} title={label}>
        <Choices
          value={value}
          onChoose={(chosen) => {
            onChange(chosen);
            setOpen(false);
          }}
        />
      </Dialog>
    </div>
  );
}

function Choices({ value, onChoose }: { value: string; onChoose: (id: string) => void }) {
  const t = useTexts(account);
  const { language } = useLocale();
  const id = useId();
  const [typed, setTyped] = useState("");
  const list = useMemo(() => findZones(typed, language, value), [typed, language, value]);
  return (
    <div className="flex flex-col gap-4">
      <SearchField
        label={t.zoneSearch}
        help={t.zoneSearchHelp}
        value={typed}
        onChange={setTyped}
        onEnter={() => {
          if (typed.trim() && list[0]) onChoose(list[0].id);
        }}
      />
      <p role="status" className="sr-only">
        {t.zonesFound(list.length)}
      </p>
      <div className="-mx-3 max-h-[50dvh] overflow-y-auto overscroll-contain" tabIndex={-1}>
        {list.length === 0 && <p className="px-3 text-muted">{t.zoneNotFound}</p>}
        {zoneGroups.map((group) => {
          const zones = list.filter((each) => each.group === group);
          if (zones.length === 0) return null;
          return (
            <section key={group} aria-labelledby={`${id}-${group}`}>
              <h3 id={`${id}-${group}`} className="px-3 pt-3 pb-1 text-sm font-normal text-muted">
                {t.zoneGroup[group]}
              </h3>
              <ul>
                {zones.map((each) => (
                  <li key={each.id}>
                    <button
                      type="button"
                      aria-current={each.id === value ? "true" : undefined}
                      className={clsx(
                        "flex min-h-11 w-full items-baseline justify-between gap-4 rounded-md px-3 py-2.5 text-left focus-visible:-outline-offset-2",
                        each.id === value ? "bg-sunken font-semibold" : "hover:bg-sunken",
                      )}
                      onClick={() => onChoose(each.id)}
                    >
                      <span className="min-w-0">
                        {each.city}
                        {each.region && <span className="text-muted"> · {each.region}</span>}
                      </span>
                      <span className="shrink-0 font-normal text-muted">{each.offset}</span>
                    </button>
                  </li>
                ))}
              </ul>
            </section>
          );
        })}
      </div>
    </div>
  );
}
