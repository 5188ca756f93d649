import { useQuery, useQueryClient } from "@tanstack/react-query";
import { CircleAlert, CircleCheck, CircleDashed, LoaderCircle, Play } from "lucide-react";
import { useState } from "react";
import { jobs, runJob, type Job } from "../../api/desk";
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
import { JobRuns } from "./JobRuns";
import { useSaid } from "./said";
import { SaidFacts } from "./SaidFacts";
import { useJobName } from "./useJobName";

/** What the platform does by itself: whether it does, and doing it now. */
export function JobsPage() {
  const t = useTexts(deskTexts).jobs;
  return (
    <div className="flex flex-col gap-10">
      <PageHeader title={t.title} lead={t.lead} />
      <Scheduled />
      <Section title={t.runs}>
        <JobRuns />
      </Section>
    </div>
  );
}

function Scheduled() {
  const d = useTexts(deskTexts);
  const t = d.jobs;
  const name = useJobName();
  const inWords = useSaid();
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
      wraps: true,
      cell: ({ job }) => <span title={job}>{name(job)}</span>,
    },
    {
      key: "state",
      title: d.column.state,
      width: "w-44",
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
      width: "w-34",
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
          {said.problem ?? <SaidFacts facts={inWords(said.answer)} />}
        </Notice>
      )}
    </div>
  );
}
