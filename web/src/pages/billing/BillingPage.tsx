import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState, type ReactNode } from "react";
import { Link } from "react-router";
import {
  paymentMethods,
  plans,
  refunds,
  resumeSubscription,
  retryAttempts,
  subscription,
  transactions,
  type Plan,
  type Subscription,
} from "../../api/billing";
import { asApiError, type ApiError } from "../../api/errors";
import { mayActAs, organizationSettings } from "../../api/organizations";
import { organizationStatus, statusHistory } from "../../api/statuses";
import { upgradeRequests } from "../../api/upgradeRequests";
import { useOrganization } from "../../app/organization";
import { Button, ButtonLink } from "../../design/Button";
import { catchFocus } from "../../design/focus";
import { Notice, Problem } from "../../design/Notice";
import { PageHeader, Section } from "../../design/Page";
import { ErrorState, Loading, Loaded, Skeleton, SkeletonLines } from "../../design/States";
import { toast } from "../../design/toast";
import { billingTexts } from "../../i18n/billing";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { CancelSubscription } from "./CancelSubscription";
import { CheckoutTrouble } from "./CheckoutTrouble";
import { PaymentHistory } from "./PaymentHistory";
import { PlanChange } from "./PlanChange";
import { PlanList } from "./PlanList";
import { chargedCard, chargeUnderWay, isLive, isVerified, offerOf, unfinished } from "./plans";
import { renewBilling } from "./renewBilling";
import { SavedCards } from "./SavedCards";
import { SubscriptionState } from "./SubscriptionState";
import { TrialOffer } from "./TrialOffer";
import { useCheckout, type CheckoutState } from "./useCheckout";

/** How often a charge under way is asked about, in milliseconds. */
const patience = 10_000;

/** The plan, the card, and everything we have charged or are going to charge. */
export function BillingPage() {
  const t = useTexts(billingTexts);
  const { organization, role, timeZone } = useOrganization();
  const formats = useFormats(timeZone);
  const queries = useQueryClient();
  const mayPay = mayActAs(role, "admin");
  const planList = useQuery(plans());
  const current = useQuery(subscription(organization.id));
  const methods = useQuery({ ...paymentMethods(organization.id), enabled: mayPay });
  const payments = useQuery({ ...transactions(organization.id), enabled: mayPay });
  const returned = useQuery({ ...refunds(organization.id), enabled: mayPay });
  const retries = useQuery({ ...retryAttempts(current.data?.id ?? ""), enabled: mayPay && !!current.data });
  const requests = useQuery({ ...upgradeRequests(organization.id), enabled: mayPay });
  const status = useQuery(organizationStatus(organization.id));
  const history = useQuery(statusHistory(organization.id));
  const settings = useQuery({ ...organizationSettings(organization.id), enabled: mayPay });
  const checkout = useCheckout(organization.id);
  const [change, setChange] = useState<Plan>();

  const live = current.data && isLive(current.data) ? current.data : undefined;
  const currentPlan = planList.data?.find(({ id }) => id === current.data?.plan_id);
  const begun = payments.data && unfinished(payments.data);
  const isRevoked = !!live?.cancel_at_period_end && status.data?.level === null;
  const isCharging = !!(live && payments.data && chargeUnderWay(live, payments.data));
  const [firstTrial, ...otherTrials] =
    current.data === null && mayPay ? (planList.data ?? []).filter(({ trial_days }) => trial_days > 0) : [];

  useEffect(() => {
    if (!isCharging) return;
    const timer = setInterval(() => void renewBilling(queries, organization.id), patience);
    return () => clearInterval(timer);
  }, [isCharging, queries, organization.id]);

  const pay = (kind: "trial" | "subscription") => (plan: Plan) =>
    void checkout.start({ plan_id: plan.id, kind });
  const isOpening = (kind: string) => checkout.pending?.kind === kind;

  // Offers wait until all is known: a button that changes under the hand is worse than one that comes later.
  const knows = current.data !== undefined && status.data && history.data && requests.data;
  const verified = knows && isVerified(status.data, requests.data, history.data);
  // An address is worth a word only where receipts are sent at all.
  const hasReceipts = [...(payments.data ?? []), ...(returned.data ?? [])].some(
    ({ receipt_registration }) => receipt_registration !== null,
  );
  const primaryPlan = firstTrial || live ? undefined : (current.data?.plan_id ?? planList.data?.[0]?.id);

  return (
    <div className="flex flex-col gap-10">
      <PageHeader title={t.title} lead={t.lead} />

      {!mayPay && <Notice>{t.viewer}</Notice>}
      {begun && (
        <Notice
          kind="warning"
          title={t.waiting.title}
          action={
            <ButtonLink size="small" to={`/dashboard/billing/return?transaction=${begun.id}`}>
              {t.waiting.check}
            </ButtonLink>
          }
        >
          {t.waiting.text(
            t.history.kind[begun.kind],
            formats.money(begun.amount, begun.currency),
            formats.dateTime(begun.created_at),
          )}
        </Notice>
      )}
      <CheckoutTrouble checkout={checkout} />

      {firstTrial ? (
        <TrialOffer
          plans={[firstTrial, ...otherTrials]}
          timeZone={timeZone}
          pending={isOpening("trial")}
          onStart={pay("trial")}
        />
      ) : (
        <Section title={t.state.title}>
          <AllLoaded queries={[current, planList, status, ...(mayPay ? [methods, payments] : [])]}>
            {current.data && currentPlan ? (
              <SubscriptionState
                subscription={current.data}
                plan={currentPlan}
                isRevoked={isRevoked}
                billed={
                  mayPay && methods.data && payments.data
                    ? {
                        methods: methods.data,
                        transactions: payments.data,
                        retries: retries.data ?? [],
                      }
                    : null
                }
                timeZone={timeZone}
                actions={
                  mayPay &&
                  methods.data &&
                  !isCharging &&
                  !isRevoked && (
                    <Actions
                      subscription={current.data}
                      plan={currentPlan}
                      hasCard={chargedCard(current.data, methods.data) !== undefined}
                      checkout={checkout}
                      timeZone={timeZone}
                    />
                  )
                }
              />
            ) : (
              <p className="measure text-muted">{t.state.none}</p>
            )}
          </AllLoaded>
        </Section>
      )}

      {mayPay && !(firstTrial && methods.data?.length === 0) && (
        <Section title={(methods.data?.length ?? 0) > 1 ? t.card.titleMany : t.card.title}>
          <Loaded query={methods} skeleton={<Skeleton className="h-16" />}>
            {(list) => (
              <>
                <SavedCards
                  methods={list}
                  subscription={live ?? null}
                  organizationId={organization.id}
                  timeZone={timeZone}
                />
                {/* Where a card is missing or refused, the button stands with the state above. */}
                {live && live.status !== "past_due" && chargedCard(live, list) && (
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
              </>
            )}
          </Loaded>
        </Section>
      )}

      <Section title={firstTrial ? t.plans.payNow : t.plans.title}>
        <Loaded query={planList} skeleton={<SkeletonLines count={5} />}>
          {(list) =>
            list.length === 0 ? (
              <p className="text-muted">{t.plans.empty}</p>
            ) : (
              <>
                <PlanList
                  plans={list}
                  currentPlanId={live?.plan_id}
                  offerOf={
                    mayPay && knows && !isCharging
                      ? (plan) => offerOf(plan, live, currentPlan, verified === true)
                      : null
                  }
                  primaryPlanId={primaryPlan}
                  pending={isOpening("subscription") ? checkout.pending?.plan_id : undefined}
                  isReviewed={requests.data?.some((request) => request.status === "pending") ?? false}
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
            )
          }
        </Loaded>
      </Section>
      {change && live && currentPlan && (
        <PlanChange
          subscription={live}
          from={currentPlan}
          to={change}
          timeZone={timeZone}
          onClose={() => setChange(undefined)}
        />
      )}

      {settings.data?.billing_email && hasReceipts && (
        <Section title={t.receipts.title}>
          <p className="measure">
            {t.receipts.goTo(settings.data.billing_email)}{" "}
            <Link to="/dashboard/organization" className="link inline-block min-h-6">
              {t.receipts.change}
            </Link>
          </p>
        </Section>
      )}

      {mayPay && (
        <Section title={t.history.title}>
          <Loaded query={payments} skeleton={<SkeletonLines count={4} />}>
            {(list) => (
              <PaymentHistory
                transactions={list}
                refunds={returned.data ?? []}
                retries={retries.data ?? []}
                plans={planList.data ?? []}
                timeZone={timeZone}
              />
            )}
          </Loaded>
        </Section>
      )}
    </div>
  );
}

/** What can be done about the subscription as it is now: at most one of the buttons is the next step. */
function Actions({
  subscription,
  plan,
  hasCard,
  checkout,
  timeZone,
}: {
  subscription: Subscription;
  plan: Plan;
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
                {t.state.payNow(money(plan.amount, plan.currency))}
              </Button>
            )}
            {(isPastDue || !hasCard) && newCard}
            <Button className="max-sm:w-full" onClick={() => setCancelling(true)}>
              {t.cancel.open}
            </Button>
          </>
        )}
      </div>
      {isCancelling && (
        <CancelSubscription
          subscription={subscription}
          plan={plan}
          timeZone={timeZone}
          onClose={() => setCancelling(false)}
        />
      )}
    </>
  );
}

/** Waits for several queries; the first that failed is said. */
function AllLoaded({
  queries,
  children,
}: {
  queries: readonly { data: unknown; isError: boolean; error: unknown; refetch: () => unknown }[];
  children: ReactNode;
}) {
  if (queries.every(({ data }) => data !== undefined)) return children;
  const failed = queries.find(({ data, isError }) => data === undefined && isError);
  if (failed) return <ErrorState error={failed.error} retry={() => void failed.refetch()} />;
  return (
    <Loading>
      <SkeletonLines count={4} />
    </Loading>
  );
}
