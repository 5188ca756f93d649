import { useQuery } from "@tanstack/react-query";
import { ArrowRight, Copy } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Link } from "react-router";
import { billingOverview, type SubscriptionOverview } from "../../api/billing";
import { mayActAs } from "../../api/organizations";
import { organizationQrTimeline, type QrPeriod } from "../../api/qr";
import { organizationStatus } from "../../api/statuses";
import { useOrganization } from "../../shared/organization";
import { Button, ButtonLink } from "../../design/Button";
import { Icon } from "../../design/Icon";
import { Card, Facts, PageHeader, Section } from "../../design/Page";
import { ErrorState, Loaded, Loading, Skeleton, SkeletonLines } from "../../design/States";
import { toast } from "../../design/toast";
import { billingTexts } from "../../i18n/billing";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { useLocale } from "../../i18n/locale";
import { organizationTexts } from "../../i18n/organizations";
import { qrTexts } from "../../i18n/qr";
import { statusTexts } from "../../i18n/status";
import { StatusBadge } from "../../status/StatusBadge";
import { days, planTitle } from "../billing/plans";
import { QRTimelineChart } from "../qr/QRTimelineChart";

/** Where the organization stands, and the one thing to do next. */
export function OverviewPage() {
  const texts = useTexts(organizationTexts);
  const t = texts.dashboard;
  const { organization, role } = useOrganization();
  return (
    <div className="flex flex-col gap-10">
      <PageHeader title={organization.name} lead={`${t.yourRole}: ${texts.role[role]}`} />
      <div className="grid grid-cols-1 items-start gap-8 lg:grid-cols-[minmax(0,5fr)_minmax(0,6fr)]">
        <Badge />
        <NextStep />
      </div>
      <Section title={t.facts}>
        <OrganizationFacts />
      </Section>
      <Scans />
    </div>
  );
}

function Badge() {
  const t = useTexts(organizationTexts).dashboard;
  const s = useTexts(statusTexts);
  const { organization, timeZone } = useOrganization();
  const { date } = useFormats(timeZone);
  const status = useQuery(organizationStatus(organization.id));
  return (
    <Loaded query={status} skeleton={<Skeleton className="h-32 w-72 max-w-full" />}>
      {(now) => {
        const [held] = now.levels;
        const [lost] = now.lost;
        return (
          <div className="flex flex-col items-start gap-4">
            <StatusBadge held={held ?? null} lost={held ? undefined : lost} timeZone={timeZone} size={128} />
            {held && (
              <p className="text-muted">
                {capitalized(s.since(date(held.since)))},{" "}
                {held.valid_until ? s.until(date(held.valid_until)) : s.endless[held.kind]}
              </p>
            )}
            <Link to="/dashboard/organization/status" className="link inline-flex min-h-6 items-center gap-1">
              {t.more}
              <Icon of={ArrowRight} size={18} />
            </Link>
          </div>
        );
      }}
    </Loaded>
  );
}

const capitalized = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** The next step depends on the subscription and on who looks. */
function NextStep() {
  const texts = useTexts(organizationTexts).dashboard;
  const t = texts.steps;
  const { language } = useLocale();
  const { organization, role, timeZone } = useOrganization();
  const { money, date } = useFormats(timeZone);
  const mayPay = mayActAs(role, "admin");
  const billing = useQuery(billingOverview(organization.id));
  const status = useQuery(organizationStatus(organization.id));

  if (!billing.data) {
    // Wait for all: a step that changes under the hand is worse than one that comes a moment later.
    if (billing.isError) return <ErrorState error={billing.error} retry={() => void billing.refetch()} />;
    return (
      <Loading>
        <SkeletonLines count={4} />
      </Loading>
    );
  }

  const toBilling = (label: string) =>
    mayPay ? (
      <ButtonLink to="/dashboard/billing" variant="primary">
        {label}
      </ButtonLink>
    ) : (
      <p className="text-muted">{t.viewer}</p>
    );

  const { subscription: now, under_way: begun, offers, cards } = billing.data;
  if (begun && begun.kind !== "renewal") {
    return (
      <Step title={t.waiting.title} text={t.waiting.text}>
        <ButtonLink to={`/dashboard/billing/return?transaction=${begun.transaction_id}`} variant="primary">
          {t.waiting.action}
        </ButtonLink>
      </Step>
    );
  }
  if (!now) {
    const trial = offers.find(({ trial_days }) => trial_days > 0);
    return (
      <Step title={t.trial.title} text={t.trial.text(days(trial?.trial_days ?? 0, language))}>
        {toBilling(t.trial.action)}
      </Step>
    );
  }
  if (status.data?.level === null && (now.status === "trialing" || now.status === "active")) {
    return (
      <Step title={t.revoked.title} text={t.revoked.text}>
        <ButtonLink to="/dashboard/organization/status" variant="primary">
          {t.revoked.action}
        </ButtonLink>
      </Step>
    );
  }
  if (now.cancel_at_period_end && (now.status === "trialing" || now.status === "active")) {
    return (
      <Step title={t.ending.title(date(now.current_period_end))} text={t.ending.text}>
        {toBilling(t.ending.action)}
      </Step>
    );
  }
  switch (now.status) {
    case "trialing": {
      const end = date(now.trial_ends_at ?? now.current_period_end);
      const isCardGone = mayPay && !cards.some(({ is_main }) => is_main);
      return (
        <Step
          title={t.trialing.title}
          text={isCardGone ? t.trialing.textNoCard(end) : t.trialing.text(money(now.plan.amount), end)}
        >
          {toBilling(t.trialing.action)}
        </Step>
      );
    }
    case "active":
      return (
        <Step title={t.active.title} text={t.active.text}>
          <ButtonLink to={`/organizations/${organization.slug}`} variant="primary">
            {t.active.action}
          </ButtonLink>
          <CopyAddress />
        </Step>
      );
    case "past_due":
      return (
        <Step
          title={t.past_due.title}
          text={t.past_due.text(date(now.grace_until ?? now.current_period_end))}
        >
          {toBilling(t.past_due.action)}
        </Step>
      );
    default:
      return (
        <Step title={t.ended.title} text={t.ended.text}>
          {toBilling(t.ended.action)}
        </Step>
      );
  }
}

function Step({ title, text, children }: { title: string; text: string; children: ReactNode }) {
  const t = useTexts(organizationTexts).dashboard;
  return (
    <Card className="flex flex-col gap-4 sm:p-6">
      <div className="flex flex-col gap-1">
        <p className="text-sm text-muted">{t.next}</p>
        <h2 className="text-xl">{title}</h2>
        <p className="measure">{text}</p>
      </div>
      <div className="flex flex-wrap gap-3">{children}</div>
    </Card>
  );
}

function OrganizationFacts() {
  const t = useTexts(organizationTexts);
  const b = useTexts(billingTexts);
  const { language } = useLocale();
  const { organization } = useOrganization();
  const billing = useQuery(billingOverview(organization.id));
  const inWords = (now: SubscriptionOverview | null) => {
    if (!now) return b.state.none;
    const state = now.is_live && now.cancel_at_period_end ? b.state.ending : b.state[now.status];
    return `${state} · ${planTitle(now.plan, language)}`;
  };
  return (
    <Facts
      items={[
        {
          name: t.dashboard.subscription,
          value: (
            <Loaded query={billing} skeleton={<Skeleton className="h-5 w-40" />}>
              {({ subscription }) => inWords(subscription)}
            </Loaded>
          ),
        },
        {
          name: t.dashboard.publicPage,
          value: (
            <Link to={`/organizations/${organization.slug}`} className="link inline-block min-h-6 break-all">
              {location.host}/organizations/{organization.slug}
            </Link>
          ),
        },
        { name: t.public.inn, value: organization.inn },
      ]}
    />
  );
}

/** What all printed codes brought. */
function Scans() {
  const texts = useTexts(qrTexts);
  const { organization, timeZone } = useOrganization();
  const [period, setPeriod] = useState<QrPeriod>("30d");
  return (
    <Section
      title={texts.code.scans}
      action={
        <Link to="/dashboard/qr" className="link inline-flex min-h-6 items-center">
          {texts.list.title}
        </Link>
      }
    >
      <QRTimelineChart
        timeline={organizationQrTimeline(organization.id, period)}
        timeZone={timeZone}
        period={period}
        onPeriod={setPeriod}
      />
    </Section>
  );
}

function CopyAddress() {
  const t = useTexts(organizationTexts).dashboard;
  const { organization } = useOrganization();
  return (
    <Button
      icon={<Icon of={Copy} size={18} />}
      onClick={() =>
        void navigator.clipboard
          .writeText(`${location.origin}/organizations/${organization.slug}`)
          .then(() => toast(t.copied))
      }
    >
      {t.copy}
    </Button>
  );
}
