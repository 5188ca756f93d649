import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Link } from "react-router";
import {
  billingOverview,
  resumeSubscription,
  type BillingOverview,
  type Offer,
  type SubscriptionOverview,
} from "../../api/billing";
import { asApiError, type ApiError } from "../../api/errors";
import { mayActAs } from "../../api/organizations";
import { useOrganization } from "../../shared/organization";
import { unlessSinceOpened } from "../../shared/wave";
import { Button } from "../../design/Button";
import { catchFocus } from "../../design/focus";
import { Notice, Problem } from "../../design/Notice";
import { PageHeader, Section } from "../../design/Page";
import { Loaded, Skeleton } from "../../design/States";
import { toast } from "../../design/toast";
import { billingTexts } from "../../i18n/billing";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { paymentTexts } from "../../i18n/payments";
import { CancelSubscription } from "./CancelSubscription";
import { CheckoutTrouble } from "./CheckoutTrouble";
import { PaymentHistory } from "./PaymentHistory";
import { PlanChange } from "./PlanChange";
import { PlanTable } from "./PlanTable";
import { holdAmount } from "./plans";
import { renewBilling } from "./renewBilling";
import { SavedCards } from "./SavedCards";
import { SubscriptionState } from "./SubscriptionState";
import { TrialOffer } from "./TrialOffer";
import { UnfinishedPayment } from "./UnfinishedPayment";
import { useCheckout, type CheckoutState } from "./useCheckout";

/** How often a charge under way is asked about, in milliseconds. */
const patience = 10_000;

/** The plan, the card, and everything we have charged or are going to charge: one question to the database. */
export function BillingPage() {
  const t = useTexts(billingTexts);
  const { organization } = useOrganization();
  const billing = useQuery({ ...billingOverview(organization.id), refetchOnMount: unlessSinceOpened });
  return (
    <div className="flex flex-col gap-10">
      <PageHeader title={t.title} lead={t.lead} />
      <Loaded query={billing} skeleton={<BillingSkeleton />}>
        {(overview) => <Billing key={organization.id} overview={overview} />}
      </Loaded>
    </div>
  );
}

function Billing({ overview }: { overview: BillingOverview }) {
  const t = useTexts(billingTexts);
  const p = useTexts(paymentTexts);
  const { organization, role, timeZone } = useOrganization();
  const formats = useFormats(timeZone);
  const queries = useQueryClient();
  const mayPay = mayActAs(role, "admin");
  const checkout = useCheckout(organization.id);
  const [change, setChange] = useState<Offer>();

  const { subscription: current, offers, cards, under_way, receipts_to } = overview;
  const live = current?.is_live ? current : undefined;
  const isCharging = under_way?.kind === "renewal";
  const begun = isCharging ? null : under_way;
  const [firstTrial, ...otherTrials] = !current && mayPay ? offers.filter(({ trial }) => trial) : [];
  const isTrialRefused =
    !current &&
    overview.payments.some(({ cancellation_reason }) => cancellation_reason === "trial_already_used");
  const mainCard = cards.find(({ is_main }) => is_main);
  // What a moderator approved is bought here.
  const approved = offers.find(
    ({ requires_verification, offer }) => requires_verification && (offer === "pay" || offer === "change"),
  );

  useEffect(() => {
    if (!isCharging) return;
    const timer = setInterval(() => void renewBilling(queries, organization.id), patience);
    return () => clearInterval(timer);
  }, [isCharging, queries, organization.id]);

  const pay = (kind: "trial" | "subscription") => (plan: Offer) =>
    void checkout.start({ plan_id: plan.id, kind });
  const isOpening = (kind: string) => checkout.pending?.kind === kind;
  const primaryPlan = firstTrial || live ? undefined : (current?.plan_id ?? offers[0]?.id);

  return (
    <>
      {!mayPay && <Notice>{t.viewer}</Notice>}
      {begun && mayPay && (
        <UnfinishedPayment
          begun={begun}
          payments={overview.payments}
          checkout={checkout}
          organizationId={organization.id}
          timeZone={timeZone}
        />
      )}
      <CheckoutTrouble checkout={checkout} />
      {isTrialRefused && <Notice title={t.trial.usedTitle}>{t.trial.used(formats.money(holdAmount))}</Notice>}

      {firstTrial ? (
        <TrialOffer
          plans={[firstTrial, ...otherTrials]}
          timeZone={timeZone}
          pending={isOpening("trial")}
          onStart={pay("trial")}
        />
      ) : (
        <Section title={t.state.title}>
          {current ? (
            <SubscriptionState
              subscription={current}
              overview={overview}
              mayPay={mayPay}
              timeZone={timeZone}
              actions={
                mayPay &&
                !isCharging &&
                !current.is_revoked && (
                  <Actions
                    subscription={current}
                    owed={overview.next_charge?.amount ?? current.plan.amount}
                    hasCard={mainCard !== undefined}
                    checkout={checkout}
                    timeZone={timeZone}
                  />
                )
              }
            />
          ) : (
            <p className="measure text-muted">{t.state.nothing}</p>
          )}
        </Section>
      )}

      {mayPay && !(firstTrial && cards.length === 0) && (
        <Section title={cards.length > 1 ? t.card.titleMany : t.card.title}>
          <SavedCards
            cards={cards}
            subscription={live ?? null}
            organizationId={organization.id}
            timeZone={timeZone}
          />
          {/* Where a card is missing or refused, the button stands with the state above. */}
          {live && live.status !== "past_due" && mainCard && (
            <div className="flex flex-col items-start gap-2">
              <Button
                pending={isOpening("card") && t.plans.opening}
                onClick={() => void checkout.start({ plan_id: live.plan_id, kind: "card" })}
              >
                {t.state.newCard}
              </Button>
              <p className="measure text-sm text-muted">{t.card.replaceHelp}</p>
            </div>
          )}
        </Section>
      )}

      <Section title={firstTrial ? t.plans.payNow : t.plans.title}>
        {approved && live?.plan.level !== "B" && (
          <Notice kind="good" title={t.plans.approvedTitle}>
            {t.plans.approved(t.plans.price(formats.money(approved.amount), t.perPeriod[approved.period]))}
          </Notice>
        )}
        {offers.length === 0 ? (
          <p className="text-muted">{t.plans.empty}</p>
        ) : (
          <>
            <PlanTable
              plans={offers}
              currentPlanId={live?.plan_id}
              mayPay={mayPay}
              primaryPlanId={primaryPlan}
              pending={isOpening("subscription") ? checkout.pending?.plan_id : undefined}
              until={live && formats.date(live.current_period_end)}
              onPay={pay("subscription")}
              onChange={setChange}
            />
            {mayPay && (
              <p className="measure text-sm text-muted">
                {live?.status === "trialing" && `${t.plans.endsTrial} `}
                {live?.status === "active" ? t.plans.changes : `${t.plans.consent} ${t.plans.provider}`}
              </p>
            )}
          </>
        )}
      </Section>
      {change && live && (
        <PlanChange
          subscription={live}
          to={change}
          timeZone={timeZone}
          onClose={() => setChange(undefined)}
        />
      )}

      {mayPay && (
        <Section title={p.history.title}>
          <PaymentHistory payments={overview.payments} timeZone={timeZone} />
          {receipts_to && (
            <p className="measure">
              {t.receipts.goTo(receipts_to)}{" "}
              <Link to="/dashboard/organization/settings" className="link inline-block min-h-6">
                {t.receipts.change}
              </Link>
            </p>
          )}
          {overview.payments.length > 0 && (
            <p className="measure text-sm text-muted">{p.history.documents}</p>
          )}
        </Section>
      )}
    </>
  );
}

/** The shape of what comes: the card with its line, the saved card, the table. */
function BillingSkeleton() {
  return (
    <div className="flex flex-col gap-10">
      <div className="flex flex-col gap-4">
        <Skeleton className="h-6 w-56" />
        <Skeleton className="h-96 w-full rounded-md sm:h-80" />
      </div>
      <div className="flex flex-col gap-4">
        <Skeleton className="h-6 w-24" />
        <Skeleton className="h-16 w-full rounded-md" />
      </div>
      <div className="flex flex-col gap-4">
        <Skeleton className="h-6 w-32" />
        <Skeleton className="h-[40rem] w-full rounded-md" />
      </div>
    </div>
  );
}

/** What can be done about the subscription as it is now: at most one of the buttons is the next step. */
function Actions({
  subscription,
  owed,
  hasCard,
  checkout,
  timeZone,
}: {
  subscription: SubscriptionOverview;
  /** What a period costs, that is to be paid now. */
  owed: string;
  hasCard: boolean;
  checkout: CheckoutState;
  timeZone: string;
}) {
  const t = useTexts(billingTexts);
  const { money } = useFormats(timeZone);
  const queries = useQueryClient();
  const [isCancelling, setCancelling] = useState(false);
  const [isResuming, setResuming] = useState(false);
  const [problem, setProblem] = useState<ApiError>();

  async function resume() {
    setProblem(undefined);
    setResuming(true);
    try {
      await resumeSubscription(subscription.organization_id);
      toast(t.resume.done);
    } catch (error) {
      setProblem(asApiError(error));
    }
    await renewBilling(queries, subscription.organization_id);
    setResuming(false);
    catchFocus(); // the button has become another one
  }

  const { plan, cancelling } = subscription;
  const isPastDue = subscription.status === "past_due";
  const isOpening = (kind: string) => checkout.pending?.kind === kind && t.plans.opening;
  const newCard = (
    <Button
      variant={isPastDue ? "secondary" : "primary"}
      className="max-sm:w-full"
      pending={isOpening("card")}
      onClick={() => void checkout.start({ plan_id: plan.id, kind: "card" })}
    >
      {hasCard ? t.state.newCard : t.state.addCard}
    </Button>
  );
  return (
    <>
      {problem && <Problem error={problem} />}
      <div className="flex flex-wrap gap-3">
        {subscription.cancel_at_period_end ? (
          <Button
            variant="primary"
            className="max-sm:w-full"
            pending={isResuming && t.resume.pending}
            onClick={() => void resume()}
          >
            {t.resume.action}
          </Button>
        ) : (
          <>
            {isPastDue && (
              <Button
                variant="primary"
                className="max-sm:w-full"
                pending={checkout.pending?.plan_id === plan.id && isOpening("subscription")}
                onClick={() => void checkout.start({ plan_id: plan.id, kind: "subscription" })}
              >
                {t.state.payNow(money(owed, plan.currency))}
              </Button>
            )}
            {(isPastDue || !hasCard) && newCard}
            <Button className="max-sm:w-full" onClick={() => setCancelling(true)}>
              {t.cancel.open}
            </Button>
          </>
        )}
      </div>
      {isCancelling && cancelling && (
        <CancelSubscription
          subscription={subscription}
          cancelling={cancelling}
          timeZone={timeZone}
          onClose={() => setCancelling(false)}
        />
      )}
    </>
  );
}
