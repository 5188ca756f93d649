import { useQuery, useQueryClient } from "@tanstack/react-query";
import { clsx } from "clsx";
import { ExternalLink, FileText } from "lucide-react";
import { useId, useState } from "react";
import { Link } from "react-router";
import { activeLevels, requestQueue, reviewRequest, type QueuedRequest } from "../../api/admin";
import { evidenceFiles, upgradeRequests } from "../../api/upgradeRequests";
import { Button } from "../../design/Button";
import { AskDialog } from "../../design/Dialog";
import { Form, TextareaField } from "../../design/Form";
import { Icon } from "../../design/Icon";
import { Notice } from "../../design/Notice";
import { Facts } from "../../design/Page";
import { Loaded, Skeleton } from "../../design/States";
import { toast } from "../../design/toast";
import { useForm, type Field } from "../../design/useForm";
import { DateTime } from "../../design/Values";
import { adminTexts } from "../../i18n/admin";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { useLocale } from "../../i18n/locale";
import { organizationTexts } from "../../i18n/organizations";
import { Decisions } from "../status/Decisions";
import { Queue } from "./Queue";
import { dayMistake, termEnd, termZone, type Term } from "./term";
import { TermFields } from "./TermFields";
import { keys } from "../../api/keys";

/** Requests for level B, oldest first. */
export function StatusRequestsPage() {
  const t = useTexts(adminTexts).queue;
  const queue = useQuery(requestQueue());
  return (
    <Queue<QueuedRequest>
      title={t.title}
      lead={t.lead}
      query={queue}
      waiting={(list) => t.waiting(list.length)}
      empty={t.empty}
      emptyText={t.emptyText}
      label={t.list}
      line={({ organizations, created_at, evidence_paths }) => ({
        name: organizations.name,
        note: (
          <>
            <DateTime at={created_at} /> · {t.documents(evidence_paths.length)}
          </>
        ),
      })}
    >
      {(request) => <Request key={request.id} request={request} />}
    </Queue>
  );
}

function Request({ request }: { request: QueuedRequest }) {
  const t = useTexts(adminTexts).queue;
  const o = useTexts(organizationTexts).public;
  const { timeZone } = useLocale();
  const organization = request.organizations;
  const earlier = useQuery(upgradeRequests(organization.id));
  const decided = (earlier.data ?? []).filter(({ id }) => id !== request.id);
  return (
    <article className="grid items-start gap-x-10 gap-y-8 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
      <div className="flex min-w-0 flex-col gap-8">
        <section className="flex flex-col gap-4">
          <h2 className="text-xl">{organization.name}</h2>
          <Facts
            items={[
              { name: t.sent, value: <DateTime at={request.created_at} /> },
              ...(organization.legal_name ? [{ name: o.legalName, value: organization.legal_name }] : []),
              { name: o.inn, value: <span className="tabular-nums">{organization.inn}</span> },
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
        <section className="flex flex-col gap-2">
          <h3 className="text-lg">{t.message}</h3>
          <p className="measure wrap-anywhere whitespace-pre-line">{request.message}</p>
        </section>
        <section className="flex flex-col gap-3">
          <h3 className="text-lg">{t.evidence}</h3>
          <Evidence paths={request.evidence_paths} />
        </section>
        {decided.length > 0 && <Decisions list={decided} timeZone={timeZone} />}
      </div>
      <section className="flex flex-col gap-4 rounded-md border border-line bg-raised p-5 lg:sticky lg:top-6">
        <h3 className="text-lg">{t.decision}</h3>
        <Decision request={request} />
      </section>
    </article>
  );
}

/** Pictures are shown here; a document opens in a tab of its own, at an address good for an hour. */
function Evidence({ paths }: { paths: readonly string[] }) {
  const t = useTexts(adminTexts).queue;
  const { fileSize } = useFormats();
  const files = useQuery(evidenceFiles(paths));
  if (paths.length === 0) return <p className="text-muted">{t.noEvidence}</p>;
  return (
    <Loaded query={files} skeleton={<Skeleton className="h-64 w-full rounded-md" />}>
      {(list) => (
        <ol className="flex flex-col gap-6">
          {list.map((file, index) => (
            <li key={file.path} className="flex flex-col gap-2">
              <p className="flex flex-wrap items-center gap-x-3">
                <span className="font-medium">{t.document(index + 1)}</span>
                <span className="text-sm text-muted">{fileSize(file.bytes)}</span>
                {file.address ? (
                  <a
                    href={file.address}
                    target="_blank"
                    rel="noreferrer"
                    aria-label={`${t.document(index + 1)}: ${t.open}`}
                    className="link inline-flex min-h-8 items-center gap-1.5"
                  >
                    <Icon of={file.content_type === "application/pdf" ? FileText : ExternalLink} size={16} />
                    {t.open}
                  </a>
                ) : (
                  <span className="text-bad">{t.notRead}</span>
                )}
              </p>
              {file.address && file.content_type !== "application/pdf" && (
                <img
                  src={file.address}
                  alt={t.document(index + 1)}
                  className="max-h-[40rem] w-fit max-w-full rounded-md border border-line bg-sunken object-contain"
                />
              )}
            </li>
          ))}
        </ol>
      )}
    </Loaded>
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
    initial: { decision: "", term: "none", day: "", comment: "" },
    check: ({ decision, term, day, comment }) => {
      const mistake = decision === "approved" ? dayMistake(term as Term, day) : undefined;
      return {
        ...(decision === "" && { decision: "required" }),
        ...(mistake && { day: mistake }),
        ...(decision === "rejected" && comment.trim() === "" && { comment: "required" }),
      };
    },
    submit: () => {
      setAsking(true);
      return Promise.resolve();
    },
  });
  const { decision, term, day, comment } = form.values;
  const isApproved = decision === "approved";
  const until = isApproved && !isHeld ? termEnd(term as Term, day) : null;
  return (
    <>
      <Form form={form}>
        <Verdict {...form.field("decision")} />
        {isApproved &&
          (isHeld ? (
            <Notice>{t.heldBySubscription}</Notice>
          ) : (
            <TermFields term={form.field("term")} day={form.field("day")} noneLabel={t.noTerm} />
          ))}
        <TextareaField
          {...form.field("comment")}
          label={t.comment}
          help={t.commentHelp}
          optional={decision !== "rejected"}
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
        title={isApproved ? t.confirmApprove(name) : t.confirmReject(name)}
        action={isApproved ? t.approve : t.reject}
        pendingText={t.deciding}
        variant={isApproved ? "primary" : "danger"}
        onConfirm={async () => {
          await reviewRequest({
            request_id: request.id,
            decision: isApproved ? "approved" : "rejected",
            comment: comment.trim(),
            valid_until: until,
          });
          form.reset();
          toast(isApproved ? t.approved(name) : t.rejected(name));
          await Promise.all([
            queries.invalidateQueries({ queryKey: keys.requestQueue() }),
            queries.invalidateQueries({ queryKey: keys.upgradeRequests(request.organization_id) }),
            queries.invalidateQueries({ queryKey: keys.adminLevels() }),
            queries.invalidateQueries({ queryKey: keys.status(request.organization_id) }),
            queries.invalidateQueries({ queryKey: keys.statusHistory(request.organization_id) }),
          ]);
        }}
      >
        {isApproved ? (until ? t.willHold(date(until)) : t.willBuy) : t.willRead}
        {comment.trim() && (
          <p className="mt-3 border-l-2 border-line pl-3 wrap-anywhere whitespace-pre-line text-muted">
            {comment.trim()}
          </p>
        )}
      </AskDialog>
    </>
  );
}

function Verdict({ value, error, onChange }: Field<string>) {
  const t = useTexts(adminTexts).queue;
  const id = useId();
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="sr-only">{t.decision}</legend>
      {(
        [
          ["approved", t.approve, t.approveHelp],
          ["rejected", t.reject, t.rejectHelp],
        ] as const
      ).map(([key, name, help]) => (
        <div
          key={key}
          className={clsx(
            "flex gap-3 rounded-md border p-3",
            value === key ? "border-honey bg-honey-soft" : error ? "border-bad" : "border-edge",
          )}
        >
          <input
            id={`${id}-${key}`}
            type="radio"
            name="decision"
            value={key}
            checked={value === key}
            aria-describedby={`${id}-${key}-help`}
            className="mt-0.5 size-5 shrink-0 cursor-pointer accent-honey"
            onChange={() => onChange(key)}
          />
          <div className="flex flex-col">
            <label htmlFor={`${id}-${key}`} className="font-medium">
              {name}
            </label>
            <span id={`${id}-${key}-help`} className="text-sm text-muted">
              {help}
            </span>
          </div>
        </div>
      ))}
      {error && (
        <p role="alert" tabIndex={-1} data-problem className="text-sm text-bad">
          {t.choose}
        </p>
      )}
    </fieldset>
  );
}
