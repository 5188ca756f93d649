import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { home } from "../../i18n/home";
import { statusTexts } from "../../i18n/status";
import { Seal } from "../../status/Seal";

const held = [
  { level: "C", since: "2026-06-09" },
  { level: "B", since: "2026-02-03" },
  { level: "A", since: "2025-11-14" },
] as const;
const lostOn = "2026-05-12";

/** A producer's page in small, as a buyer meets it: an invented producer, and it says so. */
export function Specimen() {
  const t = useTexts(home).specimen;
  const s = useTexts(statusTexts);
  const { date } = useFormats("Europe/Moscow");
  return (
    <figure aria-label={t.label} className="rounded-md border border-line bg-raised">
      <figcaption className="border-b border-line px-5 py-2 text-sm text-muted">{t.caption}</figcaption>
      <div className="flex flex-col gap-5 p-5 sm:p-6">
        <div className="flex items-center gap-5">
          <Seal face={{ level: "C" }} size={96} />
          <div>
            <p className="text-sm text-muted">{t.name}</p>
            <p className="text-xl font-semibold">
              {s.status("C")}
              <br />
              {s.name.C}
            </p>
          </div>
        </div>
        <ul className="flex flex-col">
          {held.map((fact) => (
            <li
              key={fact.level}
              className="flex items-center gap-3 border-t border-line py-2.5 tabular-nums last:pb-0"
            >
              <Seal face={{ level: fact.level }} size={24} />
              <span className="min-w-0 flex-1">
                {t.what[fact.level]} <span className="text-muted">{t.how[fact.level]}</span>
              </span>
              <span className="text-sm whitespace-nowrap text-muted">{t.since(date(fact.since))}</span>
            </li>
          ))}
        </ul>
        <p className="border-t border-line pt-3 text-sm text-muted">{t.lost(date(lostOn))}</p>
      </div>
    </figure>
  );
}
