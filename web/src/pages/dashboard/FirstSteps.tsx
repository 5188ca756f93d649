import { Circle, CircleCheck } from "lucide-react";
import { Link } from "react-router";
import type { FirstStep, Overview } from "../../api/overview";
import { mayActAs, type OrganizationRole } from "../../api/organizations";
import { useOrganization } from "../../shared/organization";
import { Button } from "../../design/Button";
import { Icon } from "../../design/Icon";
import { Card } from "../../design/Page";
import { Progress } from "../../design/Progress";
import { useTexts } from "../../i18n/dictionary";
import { overviewTexts } from "../../i18n/overview";

/** Where each step is done, and who may do it. */
const places: Record<Exclude<FirstStep, "share">, { to: string; role: OrganizationRole }> = {
  profile: { to: "/dashboard/organization", role: "admin" },
  logo: { to: "/dashboard/organization", role: "admin" },
  trial: { to: "/dashboard/billing", role: "admin" },
  page: { to: "/dashboard/organization", role: "admin" },
  qr: { to: "/dashboard/qr", role: "editor" },
  story: { to: "/dashboard/producer/stories/new", role: "editor" },
};

/** What a new organization does first; it goes when all is done. */
export function FirstSteps({ steps, onShare }: { steps: Overview["checklist"]; onShare: () => void }) {
  const t = useTexts(overviewTexts).steps;
  const count = steps.filter(({ done }) => done).length;
  return (
    <Card className="flex flex-col gap-4">
      <h2 className="text-xl">{t.title}</h2>
      <Progress label={t.count} value={count} max={steps.length} of={t.of} />
      <ol className="flex flex-col">
        {steps.map(({ step, done }) => (
          <li key={step} className="flex gap-3 border-t border-line py-2.5 first:border-t-0">
            <span className={done ? "text-good" : "text-muted"}>
              <Icon of={done ? CircleCheck : Circle} size={20} />
            </span>
            <div className="flex min-w-0 flex-col">
              {done ? (
                <span className="text-muted">
                  {t.name[step]}
                  <span className="sr-only">, {t.done}</span>
                </span>
              ) : (
                <Undone step={step} onShare={onShare} />
              )}
            </div>
          </li>
        ))}
      </ol>
    </Card>
  );
}

function Undone({ step, onShare }: { step: FirstStep; onShare: () => void }) {
  const texts = useTexts(overviewTexts);
  const t = texts.steps;
  const { role } = useOrganization();
  if (step === "share") {
    return (
      <>
        <span className="font-medium">{t.name.share}</span>
        <span className="text-sm text-muted">{t.help.share}</span>
        {mayActAs(role, "editor") && (
          <span className="pt-1">
            <Button size="small" onClick={onShare}>
              {texts.copy}
            </Button>
          </span>
        )}
      </>
    );
  }
  const place = places[step];
  return (
    <>
      {mayActAs(role, place.role) ? (
        <Link to={place.to} className="link inline-block min-h-6 w-fit font-medium">
          {t.name[step]}
        </Link>
      ) : (
        <span className="font-medium">{t.name[step]}</span>
      )}
      <span className="text-sm text-muted">{t.help[step]}</span>
    </>
  );
}
