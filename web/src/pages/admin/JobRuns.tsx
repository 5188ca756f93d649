import { useQuery } from "@tanstack/react-query";
import { clsx } from "clsx";
import { CircleCheck, CircleX, LoaderCircle } from "lucide-react";
import { useMemo, useState } from "react";
import { jobs, type JobRun } from "../../api/desk";
import { CellButton, inTwoLines, type DataColumn } from "../../design/DataTable";
import { Dialog } from "../../design/Dialog";
import { Pill } from "../../design/Pill";
import { DateTime } from "../../design/Values";
import { deskTexts } from "../../i18n/desk";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { DeskChoice, DeskFold } from "./DeskFilterBar";
import { DeskList } from "./DeskList";
import { inLine, useSaid, type Fact } from "./said";
import { SaidFacts } from "./SaidFacts";
import { useDeskFilters } from "./useDeskFilters";
import { useJobName } from "./useJobName";

const statuses = ["failed", "running", "ok"] as const;
const looks = {
  running: { tone: "info", icon: LoaderCircle },
  ok: { tone: "good", icon: CircleCheck },
  failed: { tone: "bad", icon: CircleX },
} as const;

/** Every run of the jobs, narrowed in the address; opened, all that a run left behind. */
export function JobRuns() {
  const d = useTexts(deskTexts);
  const t = d.jobs;
  const name = useJobName();
  const { opened, setOpened, columns, took, result } = useRunColumns();
  const filters = useDeskFilters();
  const all = useQuery(jobs()).data?.map(({ job }) => job) ?? [];
  return (
    <div className="flex flex-col gap-4">
      <div className="grid grid-cols-2 gap-3 md:flex">
        <DeskFold filters={filters}>
          {" "}
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
        </DeskFold>{" "}
      </div>
      <DeskList
        name="admin_job_runs"
        asked={{ job: filters.value("job") || undefined, status: filters.choice("status", statuses) }}
        caption={t.runsList}
        columns={columns}
        file="job-runs"
        reset={filters.isNarrowed ? "/admin/jobs" : undefined}
      />
      {opened && (
        <Dialog open wide title={name(opened.job)} onClose={() => setOpened(undefined)}>
          <p className="flex flex-wrap items-center gap-x-4 gap-y-1">
            <Pill {...looks[opened.status]}>{t.status[opened.status]}</Pill>
            <DateTime at={opened.started_at} />
            <span className="text-muted tabular-nums">{took(opened)}</span>
          </p>
          <SaidFacts facts={result(opened)} />
        </Dialog>
      )}
    </div>
  );
}

function useRunColumns() {
  const d = useTexts(deskTexts);
  const t = d.jobs;
  const inWords = useSaid();
  const name = useJobName();
  const { count } = useFormats();
  const [opened, setOpened] = useState<JobRun>();

  const took = ({ started_at, finished_at }: JobRun) =>
    finished_at === null
      ? ""
      : // What was over at once took something, too.
        t.seconds(
          count(Math.max(0.1, Math.round((Date.parse(finished_at) - Date.parse(started_at)) / 100) / 10)),
        );
  const result = ({ summary, error }: JobRun): Fact[] => [
    ...(error === null || isInSummary(error, summary)
      ? []
      : [{ name: t.error, value: error, isIdle: false }]),
    ...inWords(summary),
  ];
  // Everything in it follows from the language and the time zone, which are the formats'.
  const columns = useMemo(
    (): DataColumn<JobRun>[] => [
      {
        key: "job",
        title: d.column.job,
        width: "w-44",
        phone: "title",
        wraps: true,
        text: ({ job }) => job,
        cell: (run) => (
          <CellButton title={run.job} onClick={() => setOpened(run)}>
            {name(run.job)}
          </CellButton>
        ),
      },
      {
        key: "began",
        title: d.column.began,
        sort: { kind: "time" },
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
        text: (run) => inLine(result(run)),
        // What came of it; the rest is there when the run is opened.
        cell: (run) => (
          <span className={clsx("text-sm text-muted", inTwoLines)} title={inLine(result(run))}>
            {inLine(result(run).filter(({ isIdle }) => !isIdle)) || (run.status === "ok" && t.idle)}
          </span>
        ),
      },
    ],
    // eslint-disable-next-line react-hooks/exhaustive-deps -- see above
    [d, count],
  );
  return { opened, setOpened, columns, took, result };
}

/** «3 items failed», «notices, level_c»: what the summary counts or names is not said twice. */
function isInSummary(error: string, summary: unknown): boolean {
  const { failed, failed_steps: steps } = (summary ?? {}) as { failed?: number; failed_steps?: string[] };
  return error === `${failed} items failed` || error === steps?.join(", ");
}
