import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { Link } from "react-router";
import { activeLevels, adminClaim, reviewClaim, type QueuedClaim } from "../../api/admin";
import { keys } from "../../api/keys";
import { Button } from "../../design/Button";
import { AskDialog } from "../../design/Dialog";
import { Form, TextareaField } from "../../design/Form";
import { Notice } from "../../design/Notice";
import { Facts } from "../../design/Page";
import { toast } from "../../design/toast";
import { useForm } from "../../design/useForm";
import { DateTime } from "../../design/Values";
import { adminTexts } from "../../i18n/admin";
import { useTexts } from "../../i18n/dictionary";
import { organizationTexts } from "../../i18n/organizations";
import { Evidence } from "./Evidence";
import { RequestDesk } from "./RequestDesk";
import { Quoted, Verdict } from "./Verdict";

/** Claims to INNs that are taken, oldest first. */
export function ClaimsPage() {
  return (
    <RequestDesk<QueuedClaim>
      kind="claim"
      path="/admin/claims"
      texts={useTexts(adminTexts).claims}
      one={adminClaim}
    >
      {(each) => <Claim key={each.id} claim={each} />}
    </RequestDesk>
  );
}

function Claim({ claim }: { claim: QueuedClaim }) {
  const texts = useTexts(adminTexts);
  const [t, q] = [texts.claims, texts.queue];
  const o = useTexts(organizationTexts).public;
  const organization = claim.organizations;
  const levels = useQuery(activeLevels([organization.id]));
  const digits = (inn: string): ReactNode => inn;
  return (
    <article className="grid items-start gap-x-10 gap-y-8 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
      <div className="flex min-w-0 flex-col gap-8">
        <section className="flex flex-col gap-4">
          <h2 className="text-xl wrap-anywhere">{t.of(organization.name, claim.inn)}</h2>
          {organization.inn !== claim.inn && <Notice kind="warning">{t.gone}</Notice>}
          <div className="flex flex-col gap-6">
            <div className="flex flex-col gap-3">
              <h3 className="text-lg">{t.stands}</h3>
              <Facts
                items={[
                  { name: texts.names.name, value: organization.name },
                  { name: o.legalName, value: organization.legal_name ?? texts.names.empty_name },
                  {
                    name: t.levels,
                    value: levels.data?.length
                      ? levels.data.map(({ level }) => level).join(", ")
                      : texts.find.noLevels,
                  },
                  { name: texts.find.since, value: <DateTime at={organization.created_at} show="date" /> },
                ]}
              />
              <Link
                to={`/admin/organizations/${organization.id}`}
                className="link inline-flex min-h-8 items-center"
              >
                {q.adminPage}
              </Link>
            </div>
            <div className="flex flex-col gap-3">
              <h3 className="text-lg">{t.claimed}</h3>
              <Facts
                items={[
                  { name: o.legalName, value: claim.legal_name },
                  { name: o.inn, value: digits(claim.inn) },
                  { name: q.sent, value: <DateTime at={claim.created_at} /> },
                ]}
              />
            </div>
          </div>
        </section>
        <section className="flex flex-col gap-2">
          <h3 className="text-lg">{t.message}</h3>
          <p className="measure wrap-anywhere whitespace-pre-line">{claim.message}</p>
        </section>
        <section className="flex flex-col gap-3">
          <h3 className="text-lg">{q.evidence}</h3>
          <Evidence paths={claim.evidence_paths} />
        </section>
      </div>
      <section className="flex flex-col gap-4 rounded-md border border-line bg-raised p-5 lg:sticky lg:top-6">
        <h3 className="text-lg">{q.decision}</h3>
        <Decision claim={claim} />
      </section>
    </article>
  );
}

function Decision({ claim }: { claim: QueuedClaim }) {
  const texts = useTexts(adminTexts);
  const [t, q] = [texts.claims, texts.queue];
  const queries = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  const name = claim.organizations.name;
  const form = useForm({
    draft: `claim-${claim.id}`,
    initial: { decision: "", comment: "" },
    check: ({ decision, comment }) => ({
      ...(decision === "" && { decision: "required" }),
      ...(decision === "rejected" && comment.trim() === "" && { comment: "required" }),
    }),
    submit: () => {
      setAsking(true);
      return Promise.resolve();
    },
  });
  const { decision, comment } = form.values;
  const isRejected = decision === "rejected";
  const ask =
    decision === "handed_over"
      ? { title: t.confirmHandOver(name), action: t.handOver, will: t.willHandOver, done: t.handedOver(name) }
      : decision === "inn_freed"
        ? {
            title: t.confirmFree(claim.inn, name),
            action: t.free,
            will: t.willFree,
            done: t.freed(claim.inn),
          }
        : { title: t.confirmReject(name), action: q.reject, will: t.willReject, done: t.rejected(name) };
  return (
    <>
      <Form form={form}>
        <Verdict
          {...form.field("decision")}
          label={q.decision}
          missing={q.choose}
          choices={[
            { value: "handed_over", name: t.handOver, help: t.handOverHelp },
            { value: "inn_freed", name: t.free, help: t.freeHelp },
            { value: "rejected", name: q.reject, help: t.rejectHelp },
          ]}
        />
        <TextareaField
          {...form.field("comment")}
          label={t.comment}
          help={t.commentHelp}
          optional={!isRejected}
          rows={5}
          maxLength={4000}
        />
        <Button type="submit" variant="primary">
          {q.submit}
        </Button>
      </Form>
      <AskDialog
        open={isAsking}
        onClose={() => setAsking(false)}
        title={ask.title}
        action={ask.action}
        pendingText={q.deciding}
        variant="danger"
        onConfirm={async () => {
          await reviewClaim({
            claim_id: claim.id,
            decision: isRejected ? "rejected" : "approved",
            ...(isRejected ? {} : { outcome: decision as "handed_over" | "inn_freed" }),
            comment: comment.trim(),
          });
          form.reset();
          toast(ask.done);
          await Promise.all(
            [
              keys.adminClaim(),
              keys.deskList("admin_requests"),
              keys.adminLevels(),
              keys.deskList("admin_organizations"),
              keys.adminOrganization(claim.organization_id),
              keys.status(claim.organization_id),
              keys.statusHistory(claim.organization_id),
            ].map((queryKey) => queries.invalidateQueries({ queryKey })),
          );
        }}
      >
        <p>{ask.will}</p>
        {!isRejected && <p className="mt-3">{t.both}</p>}
        <Quoted text={comment} />
      </AskDialog>
    </>
  );
}
