import { clsx } from "clsx";
import { FileCheck, FilePlus } from "lucide-react";
import type { AskedPaper, VerificationGuide } from "../../api/upgradeRequests";
import { Icon } from "../../design/Icon";
import { useTexts } from "../../i18n/dictionary";
import { useLocale } from "../../i18n/locale";
import { upgradeTexts } from "../../i18n/upgrade";

/** Which papers a trade is asked for: those without which B is not given, then those that help. */
export function AskedPapers({
  guide,
  trade,
  isNarrow = false,
}: {
  guide: VerificationGuide;
  trade: string;
  /** It stands in a column. */
  isNarrow?: boolean;
}) {
  const t = useTexts(upgradeTexts).guide;
  const own = guide.trades.find((each) => each.trade === trade)?.papers ?? [];
  const all = [...guide.for_all, ...own];
  return (
    <div className={clsx("grid gap-x-8 gap-y-5", !isNarrow && "sm:grid-cols-2")}>
      <Papers title={t.required} list={all.filter(({ is_required }) => is_required)} />
      <Papers title={t.helpful} list={all.filter(({ is_required }) => !is_required)} />
    </div>
  );
}

function Papers({ title, list }: { title: string; list: readonly AskedPaper[] }) {
  const { language } = useLocale();
  if (list.length === 0) return null;
  return (
    <div className="flex flex-col gap-2">
      <h4 className="font-semibold">{title}</h4>
      <ul className="flex flex-col gap-3">
        {list.map(({ document, is_required, title: name, note }) => (
          <li key={`${document} ${name.en}`} className="flex gap-2.5">
            <span className="mt-0.5 shrink-0 text-muted">
              <Icon of={is_required ? FileCheck : FilePlus} size={18} />
            </span>
            <span>
              {name[language]}
              {note && <span className="block text-sm text-muted">{note[language]}</span>}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
