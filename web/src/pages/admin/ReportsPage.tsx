import { useQueryClient } from "@tanstack/react-query";
import { CircleX, Clock, Copy, Flag, type LucideIcon } from "lucide-react";
import { useMemo, useState } from "react";
import { Link } from "react-router";
import type { FoundReport } from "../../api/desk";
import {
  adminReport,
  reviewReport,
  touchedByReport,
  type QueuedReport,
  type ReportOutcome,
} from "../../api/reports";
import { Button } from "../../design/Button";
import { CellLink, type DataColumn } from "../../design/DataTable";
import { AskDialog } from "../../design/Dialog";
import { CheckboxField, Form, TextareaField } from "../../design/Form";
import { Facts, PageHeader } from "../../design/Page";
import { Pill, type Tone } from "../../design/Pill";
import { toast } from "../../design/toast";
import { useForm } from "../../design/useForm";
import { DateTime } from "../../design/Values";
import { adminTexts } from "../../i18n/admin";
import { deskTexts } from "../../i18n/desk";
import { useTexts } from "../../i18n/dictionary";
import { reportingTexts } from "../../i18n/reporting";
import { reportTexts } from "../../i18n/reports";
import { DeskChoice, DeskFilterBar } from "./DeskFilterBar";
import { DeskList } from "./DeskList";
import { Evidence } from "./Evidence";
import { Queue } from "./Queue";
import { Unpublish } from "./Unpublish";
import { useDeskFilters } from "./useDeskFilters";
import { Quoted, Verdict } from "./Verdict";

const outcomes = ["upheld", "not_upheld", "duplicate"] as const;
const statuses = ["pending", ...outcomes, "all"] as const;
const kinds = ["all", "fake_badge", "false_claim", "stolen_name", "other"] as const;
const looks: Record<ReportOutcome | "pending", { tone: Tone; icon: LucideIcon }> = {
  pending: { tone: "waits", icon: Clock },
  upheld: { tone: "bad", icon: Flag },
  not_upheld: { tone: "plain", icon: CircleX },
  duplicate: { tone: "plain", icon: Copy },
};
const path = "/admin/reports";

/** Reports of abuse: those that wait first, the oldest at the top; the one in view stands in the address. */
export function ReportsPage() {
  const t = useTexts(reportingTexts).desk;
  return (
    <Queue title={t.title} path={path} list={<List />} one={adminReport}>
      {(report) => <OneReport report={report} />}
    </Queue>
  );
}

function Outcome({ outcome }: { outcome: ReportOutcome | null }) {
  const t = useTexts(reportingTexts).desk;
  const status = outcome ?? "pending";
  return <Pill {...looks[status]}>{t.status[status]}</Pill>;
}

function List() {
  const t = useTexts(reportingTexts).desk;
  const r = useTexts(reportTexts);
  const d = useTexts(deskTexts);
  const filters = useDeskFilters();
  const status = filters.choice("status", statuses) ?? "pending";
  const kind = filters.choice("kind", kinds) ?? "all";
  const columns = useMemo(
    (): DataColumn<FoundReport>[] => [
      {
        key: "kind",
        title: t.kind,
        phone: "title",
        text: ({ kind }) => r.kind[kind],
        cell: ({ id, kind }) => <CellLink to={`${path}?request=${id}`}>{r.kind[kind]}</CellLink>,
      },
      {
        key: "organization",
        title: d.column.organization,
        phone: "note",
        text: ({ organization, url }) => organization ?? url ?? "",
        cell: ({ organization }) => organization ?? t.nobody,
      },
      {
        key: "from",
        title: d.column.from,
        width: "w-36",
        wide: true,
        text: ({ is_visitor }) => (is_visitor ? d.visitor : d.person),
        cell: ({ is_visitor }) => (is_visitor ? d.visitor : d.person),
      },
      {
        key: "written",
        title: d.column.written,
        sort: { kind: "time" },
        width: "w-44",
        phone: "end",
        text: ({ created_at }) => created_at,
        cell: ({ created_at }) => <DateTime at={created_at} show="date" />,
      },
      {
        key: "status",
        title: d.column.status,
        width: "w-48",
        phone: "aside",
        text: ({ outcome }) => t.status[outcome ?? "pending"],
        cell: ({ outcome }) => <Outcome outcome={outcome} />,
      },
    ],
    [t, r, d],
  );
  return (
    <div className="flex flex-col gap-6">
      <PageHeader title={t.title} lead={t.lead} />
      <DeskFilterBar filters={filters} help={d.searchHelp}>
        <DeskChoice
          filters={filters}
          name="status"
          label={d.status}
          choices={statuses.map((value) => ({ value, label: value === "all" ? d.any : t.status[value] }))}
        />
        <DeskChoice
          filters={filters}
          name="kind"
          label={t.kind}
          choices={kinds.map((value) => ({ value, label: value === "all" ? t.anyKind : r.kind[value] }))}
        />
      </DeskFilterBar>
      <DeskList
        name="admin_reports"
        asked={{
          ...filters.asked,
          status: status === "all" ? null : status,
          kind: kind === "all" ? undefined : kind,
        }}
        caption={t.list}
        columns={columns}
        usual={status === "pending" ? "oldest" : "newest"}
        file="reports"
        empty={{ title: t.empty, text: t.emptyText }}
        reset={filters.isNarrowed ? path : undefined}
      />
    </div>
  );
}

function OneReport({ report }: { report: QueuedReport }) {
  const t = useTexts(reportingTexts).desk;
  const r = useTexts(reportTexts);
  const d = useTexts(deskTexts);
  const q = useTexts(adminTexts).queue;
  const organization = report.organizations;
  return (
    <article className="grid items-start gap-x-10 gap-y-8 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
      <div className="flex min-w-0 flex-col gap-8">
        <section className="flex flex-col gap-4">
          <h2 className="text-xl wrap-anywhere">{r.kind[report.kind]}</h2>
          <Facts
            items={[
              {
                name: d.column.organization,
                value: organization ? (
                  <Link to={`/admin/organizations/${organization.id}`} className="link">
                    {organization.name}
                  </Link>
                ) : (
                  t.nobody
                ),
              },
              ...(report.url
                ? [
                    {
                      name: t.url,
                      value: (
                        <a
                          href={report.url}
                          target="_blank"
                          rel="noreferrer nofollow"
                          className="link break-all"
                        >
                          {report.url}
                        </a>
                      ),
                    },
                  ]
                : []),
              {
                name: d.column.from,
                value: report.is_visitor ? t.visitor : report.reporter_id ? t.person : t.gone,
              },
              ...(report.email
                ? [{ name: t.address, value: <span className="break-all">{report.email}</span> }]
                : []),
              { name: t.sent, value: <DateTime at={report.created_at} /> },
            ]}
          />
        </section>
        <section className="flex flex-col gap-2">
          <h3 className="text-lg">{t.message}</h3>
          <p className="measure wrap-anywhere whitespace-pre-line">{report.message || t.forgotten}</p>
        </section>
        <section className="flex flex-col gap-3">
          <h3 className="text-lg">{q.evidence}</h3>
          <Evidence paths={report.evidence_paths} />
        </section>
      </div>
      <section className="flex flex-col gap-4 rounded-md border border-line bg-raised p-5 lg:sticky lg:top-6">
        <h3 className="text-lg">{q.decision}</h3>
        {report.outcome ? <Decided report={report} /> : <Decision report={report} />}
      </section>
    </article>
  );
}

function Decided({ report }: { report: QueuedReport }) {
  const t = useTexts(reportingTexts).desk;
  const d = useTexts(deskTexts);
  const written = (text: string) => <span className="wrap-anywhere whitespace-pre-line">{text}</span>;
  return (
    <>
      <Facts
        items={[
          { name: d.column.status, value: <Outcome outcome={report.outcome} /> },
          ...(report.reviewed_at ? [{ name: d.decided, value: <DateTime at={report.reviewed_at} /> }] : []),
          ...(report.review_comment ? [{ name: t.comment, value: written(report.review_comment) }] : []),
          ...(report.unpublished_at
            ? [{ name: t.unpublishedAt, value: <DateTime at={report.unpublished_at} /> }]
            : [
                {
                  name: t.publishedAt,
                  value: report.published_at ? <DateTime at={report.published_at} /> : t.notPublished,
                },
              ]),
          ...(report.unpublish_comment
            ? [{ name: t.unpublishWhy, value: written(report.unpublish_comment) }]
            : []),
        ]}
      />
      {report.published_at && report.organizations && (
        <Unpublish report={report} name={report.organizations.name} />
      )}
    </>
  );
}

const undecided = { outcome: "", comment: "", publish: false };

function Decision({ report }: { report: QueuedReport }) {
  const t = useTexts(reportingTexts).desk;
  const q = useTexts(adminTexts).queue;
  const queries = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  const organization = report.organizations;
  const form = useForm({
    draft: `report-decision-${report.id}`,
    initial: undecided,
    check: ({ outcome, comment }) => ({
      ...(outcome === "" && { outcome: "required" }),
      ...(outcome === "not_upheld" && comment.trim() === "" && { comment: "required" }),
    }),
    submit: () => {
      setAsking(true);
      return Promise.resolve();
    },
  });
  const { comment } = form.values;
  const outcome = outcomes.find((each) => each === form.values.outcome);
  const canPublish = outcome === "upheld" && organization !== null;
  const publish = canPublish && form.values.publish;
  return (
    <>
      <Form form={form}>
        <Verdict
          {...form.field("outcome")}
          label={q.decision}
          missing={q.choose}
          choices={outcomes.map((value) => ({ value, name: t.status[value], help: t.outcomeHelp[value] }))}
        />
        <TextareaField
          {...form.field("comment")}
          label={t.comment}
          help={t.commentHelp}
          optional={outcome !== "not_upheld"}
          rows={5}
          maxLength={4000}
        />
        {canPublish && <CheckboxField {...form.field("publish")} label={t.publish} help={t.publishHelp} />}
        <Button type="submit" variant="primary">
          {q.submit}
        </Button>
      </Form>
      {outcome && (
        <AskDialog
          open={isAsking}
          onClose={() => setAsking(false)}
          title={t.confirm[outcome]}
          action={q.submit}
          pendingText={q.deciding}
          variant={publish ? "danger" : "primary"}
          onConfirm={async () => {
            await reviewReport({ report_id: report.id, outcome, comment: comment.trim(), publish });
            form.reset();
            toast(t.done);
            await Promise.all(
              touchedByReport(report).map((queryKey) => queries.invalidateQueries({ queryKey })),
            );
          }}
        >
          {publish && <p className="mb-3">{t.willPublish(organization.name)}</p>}
          <p>{t.willTell}</p>
          <Quoted text={comment} />
        </AskDialog>
      )}
    </>
  );
}
