import { clsx } from "clsx";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { home } from "../../i18n/home";
import { statusTexts } from "../../i18n/status";
import { Seal } from "../../status/Seal";
import { held, lost, marks, place, since, span, type Stretch } from "./specimen";

const looks = { C: "bg-honey", B: "bg-info", A: "bg-ink" };

/** A producer's year as a buyer reads it, on a ruler of months: an invented producer, and it says so. */
export function Specimen() {
  const t = useTexts(home).specimen;
  const s = useTexts(statusTexts);
  const { date, month } = useFormats("Europe/Moscow");
  return (
    <figure aria-label={t.label} className="min-w-0 rounded-md border border-line bg-raised">
      <figcaption className="border-b border-line px-5 py-2 text-sm text-muted sm:px-6">
        {t.caption}
      </figcaption>
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
        <div className="flex flex-col gap-3">
          <ul className="flex flex-col gap-3">
            {held.map(({ level, stretches }) => (
              <li key={level} className="flex flex-col gap-1.5">
                <div className="flex items-baseline justify-between gap-3">
                  <span>
                    <strong className="font-semibold">{level}</strong> {t.what[level]}{" "}
                    <span className="text-muted">{t.how[level]}</span>
                  </span>
                  <span className="text-right text-sm text-muted min-[22.5rem]:whitespace-nowrap">
                    {t.since(date(since(stretches)))}
                  </span>
                </div>
                <div aria-hidden className="relative h-2 rounded-full bg-sunken">
                  {stretches.map((stretch) => (
                    <Bar key={stretch.from} stretch={stretch} look={looks[level]} />
                  ))}
                </div>
              </li>
            ))}
          </ul>
          <div aria-hidden className="relative h-6 text-sm text-muted">
            {marks.map((mark, index) => (
              <span
                key={mark}
                className={clsx(
                  "absolute flex flex-col",
                  index === 0 ? "items-start" : index === marks.length - 1 ? "items-end" : "items-center",
                  index === 0 ? "" : index === marks.length - 1 ? "-translate-x-full" : "-translate-x-1/2",
                )}
                style={{ left: `${place(mark)}%` }}
              >
                <span className="h-1.5 w-px bg-edge" />
                {month(mark)}
              </span>
            ))}
          </div>
        </div>
        <p className="border-t border-line pt-3 text-sm text-muted">
          {t.lost(date(lost.from), date(lost.to))}
        </p>
      </div>
    </figure>
  );
}

function Bar({ stretch, look }: { stretch: Stretch; look: string }) {
  const { left, width } = span(stretch);
  return (
    <span
      className={clsx(
        "absolute inset-y-0",
        look,
        stretch.to === undefined ? "rounded-l-full" : "rounded-full",
      )}
      style={{ left: `${left}%`, width: `${width}%` }}
    />
  );
}
