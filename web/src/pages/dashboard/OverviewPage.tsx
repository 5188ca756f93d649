import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { Link } from "react-router";
import { mayActAs } from "../../api/organizations";
import { markShared, organizationOverview, organizationQrTimeline, type Overview } from "../../api/overview";
import type { QrPeriod } from "../../api/qr";
import { useOrganization } from "../../shared/organization";
import { Button, ButtonLink } from "../../design/Button";
import { Icon } from "../../design/Icon";
import { PageHeader, Section } from "../../design/Page";
import { Loaded } from "../../design/States";
import { toast } from "../../design/toast";
import { useTexts } from "../../i18n/dictionary";
import { organizationTexts } from "../../i18n/organizations";
import { overviewTexts } from "../../i18n/overview";
import { qrTexts } from "../../i18n/qr";
import { Passport } from "../../status/Passport";
import { QRTimelineChart } from "../qr/QRTimelineChart";
import { Events } from "./Events";
import { FirstSteps } from "./FirstSteps";
import { OverviewSkeleton } from "./OverviewSkeleton";
import { StateStrip } from "./StateStrip";
import { WayToC } from "./WayToC";

/** Where the organization stands, and the one thing to do next. */
export function OverviewPage() {
  const t = useTexts(overviewTexts);
  const roles = useTexts(organizationTexts).role;
  const { organization, role, timeZone } = useOrganization();
  const queries = useQueryClient();
  const asked = organizationOverview(organization.id);
  const overview = useQuery(asked);
  // The chart stands below; what it shows is asked for together with the rest.
  useQuery(organizationQrTimeline(organization.id, "30d"));

  // Every step leads away from here: whoever comes back sees what they have done, after what was here before.
  const { queryKey } = asked;
  const name = queryKey.join();
  useEffect(
    () => () => void queries.invalidateQueries({ queryKey, refetchType: "none" }),
    // The key is a new list each time.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [queries, name],
  );

  async function share() {
    try {
      await navigator.clipboard.writeText(`${location.origin}/organizations/${organization.slug}`);
    } catch {
      toast(t.notCopied, { kind: "bad" });
      return;
    }
    toast(t.copied);
    if (
      mayActAs(role, "editor") &&
      overview.data?.checklist.some(({ step, done }) => step === "share" && !done)
    ) {
      // Not told to the reader when it fails: the link is copied, and the step stays to be done.
      await markShared(organization.id).catch(() => undefined);
      await queries.invalidateQueries({ queryKey });
    }
  }

  return (
    <div className="flex flex-col gap-8">
      <PageHeader
        title={organization.name}
        lead={`${t.yourRole}: ${roles[role]}`}
        action={
          <>
            <Button icon={<Icon of={Copy} size={18} />} onClick={() => void share()}>
              {t.copy}
            </Button>
            <ButtonLink to={`/organizations/${organization.slug}`}>{t.publicPage}</ButtonLink>
          </>
        }
      />
      <Loaded query={overview} skeleton={<OverviewSkeleton />}>
        {(found) => (
          <>
            <StateStrip overview={found} />
            <section aria-label={t.passport} className="rounded-md border border-line bg-raised p-5 sm:p-8">
              <Passport status={found.status} timeZone={timeZone} />
            </section>
            <div className="grid grid-cols-1 items-start gap-8 lg:grid-cols-2">
              <Next overview={found} onShare={() => void share()} />
              <Events events={found.events} />
            </div>
            <Scans />
          </>
        )}
      </Loaded>
    </div>
  );
}

/** The first steps; when they are done, the way on. */
function Next({ overview, onShare }: { overview: Overview; onShare: () => void }) {
  return overview.checklist.every(({ done }) => done) ? (
    <WayToC overview={overview} />
  ) : (
    <FirstSteps steps={overview.checklist} onShare={onShare} />
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
