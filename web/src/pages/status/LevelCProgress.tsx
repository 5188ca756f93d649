import { useQuery } from "@tanstack/react-query";
import { CircleCheck } from "lucide-react";
import {
  levelCCriteria,
  levelCProgress,
  type Criterion,
  type CriterionProgress,
  type OrganizationStatus,
} from "../../api/statuses";
import { useOrganization } from "../../shared/organization";
import { Icon } from "../../design/Icon";
import { Notice } from "../../design/Notice";
import { Section } from "../../design/Page";
import { Progress } from "../../design/Progress";
import { Loaded, SkeletonLines } from "../../design/States";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { upgradeTexts } from "../../i18n/upgrade";

/** How far the organization is on its way to level C, and what helps next. */
export function LevelCProgress({ status }: { status: OrganizationStatus }) {
  const t = useTexts(upgradeTexts).c;
  const { organization, timeZone } = useOrganization();
  const { date } = useFormats(timeZone);
  const progress = useQuery(levelCProgress(organization.id));
  const criteria = useQuery(levelCCriteria());
  const holds = (level: string) => status.levels.some((held) => held.level === level);
  const held = status.levels.find(({ level }) => level === "C");
  const isMet = progress.data?.every(({ met }) => met) ?? true;
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
      <Loaded query={progress} skeleton={<SkeletonLines count={6} />}>
        {(list) => (
          <div className="flex max-w-xl flex-col gap-5">
            {list.map((item) => (
              <Goal key={item.criterion} item={item} criteria={criteria.data ?? []} />
            ))}
            {!held && !holds("A") && !holds("B") && <Notice>{t.needsPaid}</Notice>}
            <Next list={list} />
          </div>
        )}
      </Loaded>
    </Section>
  );
}

function Goal({ item, criteria }: { item: CriterionProgress; criteria: readonly Criterion[] }) {
  const t = useTexts(upgradeTexts).c;
  const days = criteria.find(({ key }) => key === item.criterion)?.window_days ?? null;
  return (
    <div className="flex flex-col gap-1">
      <Progress
        label={t.criterion[item.criterion](days)}
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
function Next({ list }: { list: readonly CriterionProgress[] }) {
  const t = useTexts(upgradeTexts).c;
  const open = list.filter(({ met }) => !met);
  const toWorkOn = open.filter(({ criterion }) => criterion !== "days_with_paid_level");
  const share = ({ current, required }: CriterionProgress) => current / required;
  const [next] = (toWorkOn.length > 0 ? toWorkOn : open).sort((a, b) => share(a) - share(b));
  if (!next) return null;
  return (
    <p className="border-l-2 border-honey pl-4">
      <span className="block text-sm text-muted">{t.next}</span>
      {t.help[next.criterion](next.required - next.current)}
    </p>
  );
}
