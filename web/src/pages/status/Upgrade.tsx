import { useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { mayActAs } from "../../api/organizations";
import type { StatusOverview } from "../../api/overview";
import { withdrawUpgradeRequest, type RequestStep, type UpgradeRequest } from "../../api/upgradeRequests";
import { useOrganization } from "../../shared/organization";
import { Button, ButtonLink } from "../../design/Button";
import { ConfirmDialog } from "../../design/Dialog";
import { Notice } from "../../design/Notice";
import { Card, Section } from "../../design/Page";
import { toast } from "../../design/toast";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { upgradeTexts } from "../../i18n/upgrade";
import { Decisions } from "./Decisions";
import { hasUpgradeDraft } from "./drafts";
import { Guide } from "./Guide";
import { RequestSteps } from "./RequestSteps";
import { UpgradeRequestForm } from "./UpgradeRequestForm";
import { keys } from "../../api/keys";

type Parts = Pick<StatusOverview, "status" | "requests" | "steps" | "guide">;

/** The way to level B: the form, the request under review, or what was decided. */
export function Upgrade(parts: Parts) {
  const t = useTexts(upgradeTexts);
  const { organization, role } = useOrganization();
  const mayAsk = mayActAs(role, "admin");
  const holdsB = parts.status.levels.some(({ level }) => level === "B");
  return (
    <Section title={t.title}>
      {!mayAsk ? (
        <p className="measure text-muted">{holdsB ? t.holdsText : t.notMine}</p>
      ) : (
        <State key={organization.id} {...parts} />
      )}
    </Section>
  );
}

function State({ requests: list, status, steps, guide }: Parts) {
  const t = useTexts(upgradeTexts);
  const { organization, timeZone } = useOrganization();
  const { date } = useFormats(timeZone);
  const [latest] = list;
  const isAsked = latest?.status === "more_asked";
  // Somebody who began to write, or was asked to correct, finds the form open.
  const [isWriting, setWriting] = useState(
    () => latest?.status === "rejected" || isAsked || hasUpgradeDraft(organization.id),
  );
  const heldB = status.levels.find(({ level }) => level === "B");
  const isOpen = latest?.status === "pending" || isAsked;
  const decided = list.filter((request) => !isOpen || request.id !== latest.id);
  const form = (
    <UpgradeRequestForm
      key={`${latest?.id} ${latest?.status}`}
      isAnswer={isAsked}
      // Who holds nothing yet has another first step, above.
      onSent={() => setWriting(false)}
      variant={status.level === null ? "secondary" : "primary"}
      earlier={{
        message: latest && !isAsked && latest.status !== "approved" ? latest.message : "",
        paths: latest && !isAsked && latest.status !== "approved" ? latest.evidence_paths : [],
      }}
    />
  );
  return (
    <div className="flex flex-col gap-6">
      {isOpen ? (
        <Open request={latest} steps={steps} answer={isAsked && form} />
      ) : (
        <>
          {heldB && (
            <p className="measure">
              {heldB.valid_until ? t.holdsUntil(date(heldB.valid_until)) : t.holdsText}
            </p>
          )}
          {latest?.status === "rejected" ? (
            <Notice kind="warning" title={t.rejectedTitle}>
              <p className="whitespace-pre-line">{latest.review_comment}</p>
              <p className="mt-2 text-sm text-muted">{t.rejectedText}</p>
            </Notice>
          ) : (
            !heldB &&
            (latest?.status === "approved" ? (
              <Notice
                kind="good"
                title={t.approvedTitle}
                action={
                  <ButtonLink to="/dashboard/billing" variant="primary">
                    {t.toPlans}
                  </ButtonLink>
                }
              >
                {t.approvedText}
              </Notice>
            ) : (
              <p className="measure text-muted">{t.lead}</p>
            ))
          )}
          {/* What has no end needs no new request, and what is approved none before it is used. */}
          {(isWriting || (heldB ? heldB.valid_until : latest?.status !== "approved")) && (
            <Guide guide={guide} />
          )}
          {isWriting
            ? form
            : (!heldB || heldB.valid_until) && (
                <div>
                  <Button onClick={() => setWriting(true)}>{list.length > 0 ? t.again : t.begin}</Button>
                </div>
              )}
        </>
      )}
      {decided.length > 0 && <Decisions list={decided} timeZone={timeZone} />}
    </div>
  );
}

/** A request that is not decided: with us, or, when more was asked for, with the organization. */
function Open({
  request,
  steps,
  answer,
}: {
  request: UpgradeRequest;
  steps: readonly RequestStep[];
  answer: ReactNode;
}) {
  const t = useTexts(upgradeTexts);
  const { organization, timeZone } = useOrganization();
  const { dateTime } = useFormats(timeZone);
  const queries = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  return (
    <Card className="flex flex-col gap-5">
      {answer ? (
        <Notice kind="warning" title={t.moreAskedTitle}>
          <p className="whitespace-pre-line">{request.review_comment}</p>
          <p className="mt-2 text-sm text-muted">{t.moreAskedText}</p>
        </Notice>
      ) : (
        <div>
          <h3 className="text-lg font-semibold">{t.pendingTitle}</h3>
          <p className="text-muted">{t.pendingText(dateTime(request.waiting_since ?? request.created_at))}</p>
        </div>
      )}
      {answer}
      <RequestSteps steps={steps.filter(({ request_id }) => request_id === request.id)} timeZone={timeZone} />
      <div>
        <Button size="small" onClick={() => setAsking(true)}>
          {t.withdraw}
        </Button>
      </div>
      <ConfirmDialog
        open={isAsking}
        onClose={() => setAsking(false)}
        title={t.withdrawTitle}
        action={t.withdraw}
        pendingText={t.withdrawing}
        onConfirm={async () => {
          try {
            await withdrawUpgradeRequest(request.id);
            toast(t.withdrawn);
          } finally {
            // Also when it was decided meanwhile: then the decision is shown.
            await queries.invalidateQueries({ queryKey: keys.statusOverview(organization.id) });
          }
        }}
      >
        {t.withdrawText}
      </ConfirmDialog>
    </Card>
  );
}
