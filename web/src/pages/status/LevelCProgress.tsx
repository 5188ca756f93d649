import { CircleCheck } from "lucide-react";
import type { Overview } from "../../api/overview";
import type { OrganizationStatus } from "../../api/statuses";
import { useOrganization } from "../../shared/organization";
import { Icon } from "../../design/Icon";
import { Notice } from "../../design/Notice";
import { Section } from "../../design/Page";
import { Progress } from "../../design/Progress";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { upgradeTexts } from "../../i18n/upgrade";

type Progressed = Overview["criteria"][number];

/** How far the organization is on its way to level C, and what helps next. */
export function LevelCProgress({
  status,
  criteria,
}: {
  status: OrganizationStatus;
  criteria: readonly Progressed[];
}) {
  const t = useTexts(upgradeTexts).c;
  const { timeZone } = useOrganization();
  const { date } = useFormats(timeZone);
  const holds = (level: string) => status.levels.some((held) => held.level === level);
  const held = status.levels.find(({ level }) => level === "C");
  const isMet = criteria.every(({ met }) => met);
  // It lasts its year also while a criterion is not met for the moment.
  const state = !held
    ? t.lead
    : isMet
      ? t.held
      : held.valid_until
        ? t.heldUntil(date(held.valid_until))
        : t.heldByHand;
  return (
    <Section title={t.title}>
      <p className="measure text-muted">{state}</p>
      <div className="flex max-w-xl flex-col gap-5">
        {criteria.map((item) => (
          <Goal key={item.criterion} item={item} />
        ))}
        {!held && !holds("A") && !holds("B") && <Notice>{t.needsPaid}</Notice>}
        <Next list={criteria} />
      </div>
    </Section>
  );
}

function Goal({ item }: { item: Progressed }) {
  const t = useTexts(upgradeTexts).c;
  return (
    <div className="flex flex-col gap-1">
      <Progress
        label={t.criterion[item.criterion](item.window_days)}
        value={Math.min(item.current, item.required)}
        max={item.required}
        of={t.of}
      />
      {item.met && (
        <p className="flex items-center gap-1.5 text-sm text-good">
          <Icon of={CircleCheck} size={16} />
          {t.done}
        </p>
      )}
    </div>
  );
}

/** The criterion that is furthest from being met and can be worked on; the days come by themselves. */
function Next({ list }: { list: readonly Progressed[] }) {
  const t = useTexts(upgradeTexts).c;
  const open = list.filter(({ met }) => !met);
  const toWorkOn = open.filter(({ criterion }) => criterion !== "days_with_paid_level");
  const share = ({ current, required }: Progressed) => current / required;
  const [next] = (toWorkOn.length > 0 ? toWorkOn : open).sort((a, b) => share(a) - share(b));
  if (!next) return null;
  return (
    <p className="border-l-2 border-honey pl-4">
      <span className="block text-sm text-muted">{t.next}</span>
      {t.help[next.criterion](next.required - next.current)}
    </p>
  );
}
