import { Link } from "react-router";
import type { Offer } from "../../api/billing";
import { Button } from "../../design/Button";
import { Card } from "../../design/Page";
import { billingTexts } from "../../i18n/billing";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { statusTexts } from "../../i18n/status";
import { Seal } from "../../status/Seal";

type Texts = (typeof billingTexts)["ru"];

/** What can be bought, a card per level, both periods in it. */
export function PlanList({
  plans,
  currentPlanId,
  mayPay,
  primaryPlanId,
  pending,
  until,
  onPay,
  onChange,
}: {
  plans: readonly Offer[];
  /** The plan of a live subscription. */
  currentPlanId: string | undefined;
  mayPay: boolean;
  /** The one button that is the next step. */
  primaryPlanId: string | undefined;
  pending: string | undefined;
  /** The day the paid period ends. */
  until: string | undefined;
  onPay: (plan: Offer) => void;
  onChange: (plan: Offer) => void;
}) {
  const t = useTexts(billingTexts);
  const s = useTexts(statusTexts);
  const { money } = useFormats();
  const levels = [...new Set(plans.map(({ level }) => level))];

  return (
    <ul className="grid items-start gap-5 lg:grid-cols-2">
      {levels.map((level) => {
        const ofLevel = plans.filter((plan) => plan.level === level);
        const obstacles = ofLevel.map(({ why }) => why);
        const isReviewed = obstacles.includes("verification_pending");
        const needsVerification =
          isReviewed ||
          obstacles.includes("verification_required") ||
          (!mayPay && ofLevel.some((plan) => plan.requires_verification));
        return (
          <li key={level}>
            <Card className="flex flex-col gap-5">
              <div className="flex items-center gap-4">
                <Seal face={{ level }} size={56} />
                <div>
                  <p className="text-sm text-muted">{s.status(level)}</p>
                  <h3 className="text-lg">{s.name[level]}</h3>
                </div>
              </div>
              <Limits plan={ofLevel[0]} t={t} />
              <ul className="flex flex-col">
                {ofLevel.map((plan) => (
                  <li
                    key={plan.id}
                    className="flex min-h-16 items-center justify-between gap-4 border-t border-line py-3 last:pb-0"
                  >
                    <p>
                      <span className="font-semibold">{money(plan.amount)}</span> {t.perPeriod[plan.period]}
                      {plan.saving && (
                        <span className="block text-sm text-muted">{t.plans.saving(money(plan.saving))}</span>
                      )}
                      {plan.id === currentPlanId && (
                        <span className="block text-sm text-good">{t.plans.current}</span>
                      )}
                    </p>
                    {(plan.offer === "pay" || plan.offer === "change") && (
                      <Button
                        variant={plan.id === primaryPlanId ? "primary" : "secondary"}
                        pending={pending === plan.id && t.plans.opening}
                        onClick={() => (plan.offer === "pay" ? onPay(plan) : onChange(plan))}
                      >
                        {plan.offer === "pay" ? t.plans.pay : t.change.open}
                        <span className="sr-only">
                          {" "}
                          {t.plans.price(money(plan.amount), t.perPeriod[plan.period])}
                        </span>
                      </Button>
                    )}
                  </li>
                ))}
              </ul>
              {needsVerification && (
                <p className="text-sm text-muted">
                  {isReviewed ? t.plans.verificationPending : t.plans.needsVerification}{" "}
                  {mayPay && !isReviewed && (
                    <Link to="/dashboard/organization/status" className="link inline-block min-h-6">
                      {t.plans.askVerification}
                    </Link>
                  )}
                </p>
              )}
              {obstacles.includes("lower_level") && until && (
                <p className="text-sm text-muted">{t.plans.lower(until)}</p>
              )}
            </Card>
          </li>
        );
      })}
    </ul>
  );
}

/** Null in a limit means that there is none. */
function Limits({ plan, t }: { plan: Offer | undefined; t: Texts }) {
  const { count } = useFormats();
  if (!plan) return null;
  const { qr_codes, stories_per_month, members } = plan.limits;
  return (
    <ul className="flex flex-col gap-1 text-muted">
      <li>{qr_codes == null ? t.plans.qrUnlimited : t.plans.qr(qr_codes, count(qr_codes))}</li>
      <li>
        {stories_per_month == null
          ? t.plans.storiesUnlimited
          : t.plans.stories(stories_per_month, count(stories_per_month))}
      </li>
      <li>{members == null ? t.plans.membersUnlimited : t.plans.members(members, count(members))}</li>
    </ul>
  );
}
