import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { activeLevels, reviewRequest, type QueuedRequest } from "../../api/admin";
import { requestSteps, upgradeRequests, verificationGuide } from "../../api/upgradeRequests";
import { Button } from "../../design/Button";
import { AskDialog } from "../../design/Dialog";
import { Form, TextareaField } from "../../design/Form";
import { Notice } from "../../design/Notice";
import { Facts } from "../../design/Page";
import { Loaded, SkeletonLines } from "../../design/States";
import { toast } from "../../design/toast";
import { useForm } from "../../design/useForm";
import { DateTime } from "../../design/Values";
import { adminTexts } from "../../i18n/admin";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { useLocale } from "../../i18n/locale";
import { organizationTexts } from "../../i18n/organizations";
import { AskedPapers } from "../status/AskedPapers";
import { Decisions } from "../status/Decisions";
import { RequestSteps } from "../status/RequestSteps";
import { DocumentKinds, documentsOf } from "./DocumentKinds";
import { Evidence } from "./Evidence";
import { dayMistake, termEnd, termZone, type Term } from "./term";
import { TermFields } from "./TermFields";
import { Quoted, Verdict } from "./Verdict";
import { keys } from "../../api/keys";

/** A request for level B: who asks, what both sides said, the papers, and the decision beside them. */
export function StatusRequest({ request }: { request: QueuedRequest }) {
  const t = useTexts(adminTexts).queue;
  const o = useTexts(organizationTexts).public;
  const { timeZone } = useLocale();
  const organization = request.organizations;
  const earlier = useQuery(upgradeRequests(organization.id));
  const guide = useQuery(verificationGuide(organization.category));
  const steps = useQuery(requestSteps(organization.id));
  const decided = (earlier.data ?? []).filter(({ id }) => id !== request.id);
  return (
    <article className="grid items-start gap-x-10 gap-y-8 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
      <div className="flex min-w-0 flex-col gap-8">
        <section className="flex flex-col gap-4">
          <h2 className="text-xl">{organization.name}</h2>
          <Facts
            items={[
              { name: t.sent, value: <DateTime at={request.created_at} /> },
              ...(request.waiting_since && request.waiting_since !== request.created_at
                ? [{ name: t.waitsSince, value: <DateTime at={request.waiting_since} /> }]
                : []),
              ...(organization.category ? [{ name: o.category, value: organization.category }] : []),
              ...(organization.legal_name ? [{ name: o.legalName, value: organization.legal_name }] : []),
              { name: o.inn, value: organization.inn },
              ...(organization.region ? [{ name: o.region, value: organization.region }] : []),
              ...(organization.website_url
                ? [
                    {
                      name: o.website,
                      value: <span className="break-all">{organization.website_url}</span>,
                    },
                  ]
                : []),
            ]}
          />
          <p className="flex flex-wrap gap-x-5">
            <Link
              to={`/admin/organizations/${organization.id}`}
              className="link inline-flex min-h-8 items-center"
            >
              {t.adminPage}
            </Link>
            {organization.is_published && (
              <Link
                to={`/organizations/${organization.slug}`}
                className="link inline-flex min-h-8 items-center"
              >
                {t.publicPage}
              </Link>
            )}
          </p>
        </section>
        <section className="flex flex-col gap-3">
          <h3 className="text-lg font-semibold">{t.said}</h3>
          <Loaded query={steps} skeleton={<SkeletonLines count={4} />}>
            {(all) => (
              <RequestSteps
                steps={all.filter(({ request_id }) => request_id === request.id)}
                isOurs
                timeZone={timeZone}
              />
            )}
          </Loaded>
        </section>
        <section className="flex flex-col gap-3">
          <h3 className="text-lg">{t.evidence}</h3>
          <Evidence paths={request.evidence_paths} />
        </section>
        {decided.length > 0 && <Decisions list={decided} timeZone={timeZone} />}
      </div>
      <section className="flex flex-col gap-4 rounded-md border border-line bg-raised p-5 lg:sticky lg:top-6">
        <h3 className="text-lg font-semibold">{t.decision}</h3>
        <Decision request={request} />
        <details className="border-t border-line pt-3">
          <summary className="link inline-flex min-h-8 list-none items-center [&::-webkit-details-marker]:hidden">
            {t.asked}
          </summary>
          <div className="mt-2">
            <Loaded query={guide} skeleton={<SkeletonLines count={5} />}>
              {(found) => <AskedPapers guide={found} trade={found.trade ?? "other"} isNarrow />}
            </Loaded>
          </div>
        </details>
      </section>
    </article>
  );
}

function Decision({ request }: { request: QueuedRequest }) {
  const t = useTexts(adminTexts).queue;
  const queries = useQueryClient();
  const { date } = useFormats(termZone);
  const [isAsking, setAsking] = useState(false);
  const levels = useQuery(activeLevels([request.organization_id]));
  const isHeld = levels.data?.some(({ level, subscription_id }) => level === "B" && subscription_id !== null);
  const name = request.organizations.name;
  const form = useForm({
    draft: `review-${request.id}`,
    initial: { decision: "", term: "none", day: "", documents: "", comment: "" },
    check: ({ decision, term, day, comment }) => {
      const mistake = decision === "approved" ? dayMistake(term as Term, day) : undefined;
      return {
        ...(decision === "" && { decision: "required" }),
        ...(mistake && { day: mistake }),
        ...(decision !== "approved" && comment.trim() === "" && { comment: "required" }),
      };
    },
    submit: () => {
      setAsking(true);
      return Promise.resolve();
    },
  });
  const { decision, term, day, comment } = form.values;
  const isApproved = decision === "approved";
  const ask = isApproved
    ? { title: t.confirmApprove(name), action: t.approve, done: t.approved(name) }
    : decision === "more_asked"
      ? { title: t.confirmMore(name), action: t.askMore, done: t.moreAsked(name) }
      : { title: t.confirmReject(name), action: t.reject, done: t.rejected(name) };
  const until = isApproved && !isHeld ? termEnd(term as Term, day) : null;
  return (
    <>
      <Form form={form}>
        <Verdict
          {...form.field("decision")}
          label={t.decision}
          missing={t.choose}
          choices={[
            { value: "approved", name: t.approve, help: t.approveHelp },
            { value: "more_asked", name: t.askMore, help: t.askMoreHelp },
            { value: "rejected", name: t.reject, help: t.rejectHelp },
          ]}
        />
        {isApproved &&
          (isHeld ? (
            <Notice>{t.heldBySubscription}</Notice>
          ) : (
            <TermFields term={form.field("term")} day={form.field("day")} noneLabel={t.noTerm} />
          ))}
        {isApproved && <DocumentKinds {...form.field("documents")} />}
        <TextareaField
          {...form.field("comment")}
          label={t.comment}
          help={t.commentHelp}
          optional={isApproved}
          rows={5}
          maxLength={4000}
        />
        <Button type="submit" variant="primary">
          {t.submit}
        </Button>
      </Form>
      <AskDialog
        open={isAsking}
        onClose={() => setAsking(false)}
        title={ask.title}
        action={ask.action}
        pendingText={t.deciding}
        variant={decision === "rejected" ? "danger" : "primary"}
        onConfirm={async () => {
          await reviewRequest({
            request_id: request.id,
            decision: decision as "approved" | "rejected" | "more_asked",
            comment: comment.trim(),
            valid_until: until,
            documents: isApproved ? documentsOf(form.values.documents) : [],
          });
          form.reset();
          toast(ask.done);
          await Promise.all([
            queries.invalidateQueries({ queryKey: keys.adminRequest(request.id) }),
            queries.invalidateQueries({ queryKey: keys.deskList("admin_requests") }),
            queries.invalidateQueries({ queryKey: keys.upgradeRequests(request.organization_id) }),
            queries.invalidateQueries({ queryKey: keys.requestSteps(request.organization_id) }),
            queries.invalidateQueries({ queryKey: keys.adminLevels() }),
            queries.invalidateQueries({ queryKey: keys.status(request.organization_id) }),
            queries.invalidateQueries({ queryKey: keys.statusHistory(request.organization_id) }),
          ]);
        }}
      >
        {isApproved
          ? until
            ? t.willHold(date(until))
            : t.willBuy
          : decision === "more_asked"
            ? t.willAdd
            : t.willRead}
        <Quoted text={comment} />
      </AskDialog>
    </>
  );
}
