import { useQuery } from "@tanstack/react-query";
import { paymentMethods, plans, subscription, transactions, type Plan } from "../../api/billing";
import { mayActAs } from "../../api/organizations";
import { useOrganization } from "../../app/organization";
import { ButtonLink } from "../../design/Button";
import { Notice, Problem } from "../../design/Notice";
import { PageHeader, Section } from "../../design/Page";
import { Loaded, Skeleton, SkeletonLines } from "../../design/States";
import { billingTexts } from "../../i18n/billing";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { PaymentHistory } from "./PaymentHistory";
import { PlanList } from "./PlanList";
import { isLive, unfinished } from "./plans";
import { SavedCards } from "./SavedCards";
import { SubscriptionState } from "./SubscriptionState";
import { TrialOffer } from "./TrialOffer";
import { useCheckout } from "./useCheckout";

/** The plan, the card, and everything we have charged or are going to charge. */
export function BillingPage() {
  const t = useTexts(billingTexts);
  const { organization, role, timeZone } = useOrganization();
  const formats = useFormats(timeZone);
  const mayPay = mayActAs(role, "admin");
  const planList = useQuery(plans());
  const current = useQuery(subscription(organization.id));
  const methods = useQuery({ ...paymentMethods(organization.id), enabled: mayPay });
  const payments = useQuery({ ...transactions(organization.id), enabled: mayPay });
  const checkout = useCheckout(organization.id);

  const live = current.data && isLive(current.data) ? current.data : undefined;
  const begun = payments.data && unfinished(payments.data);
  const isReady = current.data !== undefined && planList.data !== undefined;
  const [firstTrial, ...otherTrials] =
    current.data === null && mayPay ? (planList.data ?? []).filter(({ trial_days }) => trial_days > 0) : [];

  const pay = (kind: "trial" | "subscription") => (plan: Plan) =>
    void checkout.start({ plan_id: plan.id, kind });

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
      {checkout.problem === "bad-address" && (
        <Notice kind="bad" live="alert">
          {t.plans.badAddress}
        </Notice>
      )}
      {checkout.problem && checkout.problem !== "bad-address" && <Problem error={checkout.problem} />}

      {firstTrial ? (
        <TrialOffer
          plans={[firstTrial, ...otherTrials]}
          timeZone={timeZone}
          pending={checkout.pending?.kind === "trial"}
          onStart={pay("trial")}
        />
      ) : (
        <Section title={t.state.title}>
          <Loaded query={current} skeleton={<SkeletonLines count={3} />}>
            {(subscription) =>
              subscription ? (
                <SubscriptionState
                  subscription={subscription}
                  plan={planList.data?.find(({ id }) => id === subscription.plan_id)}
                  methods={mayPay ? (methods.data ?? null) : null}
                  timeZone={timeZone}
                />
              ) : (
                <p className="measure text-muted">{t.state.none}</p>
              )
            }
          </Loaded>
        </Section>
      )}

      {mayPay && !(firstTrial && methods.data?.length === 0) && (
        <Section title={(methods.data?.length ?? 0) > 1 ? t.card.titleMany : t.card.title}>
          <Loaded query={methods} skeleton={<Skeleton className="h-16" />}>
            {(list) => (
              <SavedCards
                methods={list}
                subscription={live ?? null}
                organizationId={organization.id}
                timeZone={timeZone}
              />
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
                  mayPay={mayPay && isReady && live?.status !== "active"}
                  primaryPlanId={
                    firstTrial || live?.status === "active" ? undefined : (live?.plan_id ?? list[0]?.id)
                  }
                  pending={checkout.pending?.kind === "subscription" ? checkout.pending.plan_id : undefined}
                  onPay={pay("subscription")}
                />
                {mayPay && (
                  <p className="measure text-sm text-muted">
                    {live?.status === "active" ? t.plans.later : t.plans.provider}
                  </p>
                )}
              </>
            )
          }
        </Loaded>
      </Section>

      {mayPay && (
        <Section title={t.history.title}>
          <Loaded query={payments} skeleton={<SkeletonLines count={4} />}>
            {(list) => <PaymentHistory transactions={list} plans={planList.data ?? []} timeZone={timeZone} />}
          </Loaded>
        </Section>
      )}
    </div>
  );
}
