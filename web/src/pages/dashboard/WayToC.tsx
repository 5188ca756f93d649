import { CircleCheck } from "lucide-react";
import { Link } from "react-router";
import type { Overview } from "../../api/overview";
import { Icon } from "../../design/Icon";
import { Card } from "../../design/Page";
import { Progress } from "../../design/Progress";
import { useTexts } from "../../i18n/dictionary";
import { overviewTexts } from "../../i18n/overview";
import { upgradeTexts } from "../../i18n/upgrade";

/** How far it is to level C, by its criteria. */
export function WayToC({ overview: { criteria, status } }: { overview: Overview }) {
  const texts = useTexts(overviewTexts);
  const t = texts.toC;
  const c = useTexts(upgradeTexts).c;
  const isHeld = status.levels.some(({ level }) => level === "C");
  return (
    <Card className="flex flex-col gap-4">
      <h2 className="text-xl">{isHeld ? t.held : t.title}</h2>
      <p className="measure text-muted">{isHeld ? t.heldText : t.lead}</p>
      <ul className="flex flex-col gap-4">
        {criteria.map(({ criterion, current, required, met, window_days }) => (
          <li key={criterion} className="flex flex-col gap-1">
            <Progress
              label={c.criterion[criterion](window_days)}
              value={Math.min(current, required)}
              max={required}
              of={c.of}
            />
            {met && (
              <p className="flex items-center gap-1.5 text-sm text-good">
                <Icon of={CircleCheck} size={16} />
                {c.done}
              </p>
            )}
          </li>
        ))}
      </ul>
      <Link to="/dashboard/organization/status" className="link inline-block min-h-6 w-fit">
        {texts.toStatus}
      </Link>
    </Card>
  );
}
