import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { adminNameChange, reviewNameChange, type QueuedNameChange } from "../../api/admin";
import { keys } from "../../api/keys";
import { Button } from "../../design/Button";
import { AskDialog } from "../../design/Dialog";
import { Form, TextareaField } from "../../design/Form";
import { Table } from "../../design/Table";
import { toast } from "../../design/toast";
import { useForm } from "../../design/useForm";
import { DateTime } from "../../design/Values";
import { adminTexts } from "../../i18n/admin";
import { useTexts } from "../../i18n/dictionary";
import { organizationTexts } from "../../i18n/organizations";
import { Evidence } from "./Evidence";
import { RequestDesk } from "./RequestDesk";
import { Quoted, Verdict } from "./Verdict";

/** Verified names that shall be others, oldest first. */
export function NameChangesPage() {
  return (
    <RequestDesk<QueuedNameChange>
      kind="name_change"
      path="/admin/name-changes"
      texts={useTexts(adminTexts).names}
      one={adminNameChange}
    >
      {(each) => <NameChange key={each.id} request={each} />}
    </RequestDesk>
  );
}

function NameChange({ request }: { request: QueuedNameChange }) {
  const texts = useTexts(adminTexts);
  const [t, q] = [texts.names, texts.queue];
  const o = useTexts(organizationTexts).public;
  const organization = request.organizations;
  const rows = [
    { what: t.name, now: organization.name, wanted: request.name },
    { what: o.legalName, now: organization.legal_name, wanted: request.legal_name },
  ];
  return (
    <article className="grid items-start gap-x-10 gap-y-8 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
      <div className="flex min-w-0 flex-col gap-8">
        <section className="flex flex-col gap-4">
          <h2 className="text-xl wrap-anywhere">{organization.name}</h2>
          <Table
            caption={t.compare}
            rows={rows}
            rowKey={({ what }) => what}
            columns={[
              { key: "what", title: t.what, cell: ({ what }) => what },
              {
                key: "now",
                title: t.now,
                cell: ({ now }) => <span className="wrap-anywhere">{now ?? t.empty_name}</span>,
              },
              {
                key: "wanted",
                title: t.wanted,
                cell: ({ now, wanted }) =>
                  wanted === now ? (
                    <span className="text-muted">{t.same}</span>
                  ) : (
                    <span className="font-semibold wrap-anywhere">{wanted ?? t.empty_name}</span>
                  ),
              },
            ]}
          />
          <p className="text-sm text-muted">
            {o.inn} {organization.inn} · {q.sent} <DateTime at={request.created_at} />
          </p>
          <Link
            to={`/admin/organizations/${organization.id}`}
            className="link inline-flex min-h-8 items-center"
          >
            {q.adminPage}
          </Link>
        </section>
        <section className="flex flex-col gap-2">
          <h3 className="text-lg">{t.message}</h3>
          <p className="measure wrap-anywhere whitespace-pre-line">{request.message}</p>
        </section>
        <section className="flex flex-col gap-3">
          <h3 className="text-lg">{q.evidence}</h3>
          <Evidence paths={request.evidence_paths} />
        </section>
      </div>
      <section className="flex flex-col gap-4 rounded-md border border-line bg-raised p-5 lg:sticky lg:top-6">
        <h3 className="text-lg">{q.decision}</h3>
        <Decision request={request} />
      </section>
    </article>
  );
}

function Decision({ request }: { request: QueuedNameChange }) {
  const texts = useTexts(adminTexts);
  const [t, q] = [texts.names, texts.queue];
  const queries = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  const form = useForm({
    draft: `name-change-${request.id}`,
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
  const isApproved = decision === "approved";
  // Where only the legal name changes, that is what is asked about.
  const old = request.organizations;
  const [from, to] =
    old.name === request.name
      ? [old.legal_name ?? t.empty_name, request.legal_name ?? t.empty_name]
      : [old.name, request.name];
  return (
    <>
      <Form form={form}>
        <Verdict
          {...form.field("decision")}
          label={q.decision}
          missing={q.choose}
          choices={[
            { value: "approved", name: q.approve, help: t.approveHelp },
            { value: "rejected", name: q.reject, help: t.rejectHelp },
          ]}
        />
        <TextareaField
          {...form.field("comment")}
          label={q.comment}
          help={q.commentHelp}
          optional={decision !== "rejected"}
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
        title={isApproved ? t.confirmApprove(from, to) : t.confirmReject(to)}
        action={isApproved ? q.approve : q.reject}
        pendingText={q.deciding}
        variant={isApproved ? "primary" : "danger"}
        onConfirm={async () => {
          await reviewNameChange({
            request_id: request.id,
            decision: isApproved ? "approved" : "rejected",
            comment: comment.trim(),
          });
          form.reset();
          toast(isApproved ? t.approved(to) : t.rejected(to));
          await Promise.all(
            [
              keys.adminNameChange(request.id),
              keys.deskList("admin_requests"),
              keys.deskList("admin_organizations"),
              keys.adminOrganization(request.organization_id),
              keys.statusHistory(request.organization_id),
            ].map((queryKey) => queries.invalidateQueries({ queryKey })),
          );
        }}
      >
        {isApproved ? t.willApprove : t.willReject}
        <Quoted text={comment} />
      </AskDialog>
    </>
  );
}
