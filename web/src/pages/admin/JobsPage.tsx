import { useQuery, useQueryClient } from "@tanstack/react-query";
import { CircleAlert, CircleCheck, CircleDashed, CircleX, LoaderCircle, Play } from "lucide-react";
import { useMemo, useState } from "react";
import { jobs, runJob, type Job, type JobRun } from "../../api/desk";
import { asApiError } from "../../api/errors";
import { keys } from "../../api/keys";
import { Button } from "../../design/Button";
import { DataTable, type DataColumn } from "../../design/DataTable";
import { Icon } from "../../design/Icon";
import { Notice } from "../../design/Notice";
import { PageHeader, Section } from "../../design/Page";
import { Pill } from "../../design/Pill";
import { ErrorState } from "../../design/States";
import { toast } from "../../design/toast";
import { DateTime } from "../../design/Values";
import { deskTexts } from "../../i18n/desk";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { DeskChoice } from "./DeskFilterBar";
import { DeskList } from "./DeskList";
import { Raw } from "./Raw";
import { useDeskFilters } from "./useDeskFilters";

const statuses = ["failed", "running", "ok"] as const;

/** What the platform does by itself: whether it does, and doing it now. */
export function JobsPage() {
  const t = useTexts(deskTexts).jobs;
  return (
    <div className="flex flex-col gap-10">
      <PageHeader title={t.title} lead={t.lead} />
      <Scheduled />
      <Section title={t.runs}>
        <Runs />
      </Section>
    </div>
  );
}

/** A job in words; its own name for one that has none. */
function useJobName() {
  const names: Readonly<Record<string, string>> = useTexts(deskTexts).jobs.name;
  return (job: string) => names[job] ?? job;
}

function Scheduled() {
  const d = useTexts(deskTexts);
  const t = d.jobs;
  const name = useJobName();
  const queries = useQueryClient();
  const list = useQuery(jobs());
  const [running, setRunning] = useState<string>();
  const [said, setSaid] = useState<{ job: string; answer?: unknown; problem?: string }>();

  async function run(job: string) {
    setRunning(job);
    setSaid(undefined);
    try {
      setSaid({ job, answer: await runJob(job) });
      toast(t.done(name(job)));
    } catch (error) {
      setSaid({ job, problem: asApiError(error).code === "invalid_transition" ? t.alreadyRuns : t.failed });
    } finally {
      setRunning(undefined);
      await Promise.all(
        [keys.jobs(), keys.deskList("admin_job_runs")].map((queryKey) =>
          queries.invalidateQueries({ queryKey }),
        ),
      );
    }
  }

  const columns: DataColumn<Job>[] = [
    {
      key: "job",
      title: d.column.job,
      phone: "title",
      cell: ({ job }) => <span title={job}>{name(job)}</span>,
    },
    {
      key: "state",
      title: d.column.state,
      width: "w-40",
      phone: "aside",
      cell: ({ last_status, late }) =>
        last_status === "running" ? (
          <Pill tone="info" icon={LoaderCircle}>
            {t.running}
          </Pill>
        ) : last_status === null ? (
          <Pill tone="plain" icon={CircleDashed}>
            {t.never}
          </Pill>
        ) : late ? (
          <Pill tone="bad" icon={CircleAlert}>
            {t.late}
          </Pill>
        ) : (
          <Pill tone="good" icon={CircleCheck}>
            {t.onTime}
          </Pill>
        ),
    },
    {
      key: "ok",
      title: d.column.lastOk,
      width: "w-52",
      phone: "note",
      cell: ({ last_ok_at }) =>
        last_ok_at ? <DateTime at={last_ok_at} /> : <span className="text-muted">—</span>,
    },
    {
      key: "day",
      title: d.column.day,
      width: "w-52",
      wide: true,
      cell: ({ runs_in_a_day, failed_in_a_day }) => t.counts(runs_in_a_day, failed_in_a_day),
    },
    {
      key: "run",
      title: t.run,
      width: "w-32",
      align: "right",
      phone: "end",
      cell: ({ job }) => (
        <Button
          size="small"
          variant="quiet"
          icon={<Icon of={Play} size={16} />}
          aria-label={t.runNow(name(job))}
          pending={running !== undefined && (running === job ? t.pending : t.run)}
          onClick={() => void run(job)}
        >
          {t.run}
        </Button>
      ),
    },
  ];
  if (list.isError && !list.data) return <ErrorState error={list.error} retry={() => void list.refetch()} />;
  return (
    <div className="flex flex-col gap-4">
      <DataTable caption={t.list} columns={columns} rows={list.data} rowKey={({ job }) => job} expected={8} />
      {said && (
        <Notice kind={said.problem ? "warning" : "info"} title={name(said.job)}>
          {said.problem ?? <Raw value={said.answer} />}
        </Notice>
      )}
    </div>
  );
}

function Runs() {
  const d = useTexts(deskTexts);
  const t = d.jobs;
  const name = useJobName();
  const { count } = useFormats();
  const filters = useDeskFilters();
  const all = useQuery(jobs()).data?.map(({ job }) => job) ?? [];
  const columns = useMemo((): DataColumn<JobRun>[] => {
    const looks = {
      running: { tone: "info", icon: LoaderCircle },
      ok: { tone: "good", icon: CircleCheck },
      failed: { tone: "bad", icon: CircleX },
    } as const;
    const took = ({ started_at, finished_at }: JobRun) =>
      finished_at === null
        ? ""
        : t.seconds(count(Math.round((Date.parse(finished_at) - Date.parse(started_at)) / 100) / 10));
    const result = ({ summary, error }: JobRun) => error ?? (summary === null ? "" : JSON.stringify(summary));
    const names: Readonly<Record<string, string>> = t.name;
    return [
      {
        key: "job",
        title: d.column.job,
        width: "w-48",
        phone: "title",
        text: ({ job }) => job,
        cell: ({ job }) => <span title={job}>{names[job] ?? job}</span>,
      },
      {
        key: "began",
        title: d.column.began,
        width: "w-52",
        phone: "note",
        text: ({ started_at }) => started_at,
        cell: ({ started_at }) => <DateTime at={started_at} />,
      },
      {
        key: "took",
        title: d.column.took,
        width: "w-20",
        align: "right",
        phone: "end",
        text: took,
        cell: took,
      },
      {
        key: "status",
        title: d.column.status,
        width: "w-28",
        phone: "aside",
        text: ({ status }) => t.status[status],
        cell: ({ status }) => <Pill {...looks[status]}>{t.status[status]}</Pill>,
      },
      {
        key: "result",
        title: d.column.result,
        text: result,
        cell: (run) => (
          <span className="text-sm text-muted" title={result(run)}>
            {result(run)}
          </span>
        ),
      },
    ];
  }, [d, t, count]);
  return (
    <div className="flex flex-col gap-4">
      <div className="grid grid-cols-2 gap-3 md:flex">
        <DeskChoice
          filters={filters}
          name="job"
          label={d.column.job}
          any={t.anyJob}
          choices={all.map((value) => ({ value, label: name(value) }))}
        />
        <DeskChoice
          filters={filters}
          name="status"
          label={d.status}
          any={d.any}
          choices={statuses.map((value) => ({ value, label: t.status[value] }))}
        />
      </div>
      <DeskList
        name="admin_job_runs"
        asked={{ job: filters.value("job") || undefined, status: filters.choice("status", statuses) }}
        caption={t.runsList}
        columns={columns}
        file="job-runs"
        reset={filters.isNarrowed ? "/admin/jobs" : undefined}
      />
    </div>
  );
}
