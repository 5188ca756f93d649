import { useQuery } from "@tanstack/react-query";
import { clsx } from "clsx";
import { useMemo, useState } from "react";
import { isId } from "../../api/adminPayments";
import { adminPeople, type AdminAction } from "../../api/desk";
import { CellButton, CellLink, inTwoLines, type DataColumn } from "../../design/DataTable";
import { Dialog } from "../../design/Dialog";
import { Facts, PageHeader } from "../../design/Page";
import { ShortId } from "../../design/ShortId";
import { DateTime } from "../../design/Values";
import { deskTexts } from "../../i18n/desk";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { DeskChoice, DeskFilterBar } from "./DeskFilterBar";
import { DeskList } from "./DeskList";
import { inLine, useSaid } from "./said";
import { useDeskFilters } from "./useDeskFilters";
import { useJobName } from "./useJobName";

/** What platform admins did: who, what, about whom. */
export function LogPage() {
  const d = useTexts(deskTexts);
  const t = d.log;
  const filters = useDeskFilters();
  const people = useQuery(adminPeople());
  const actions = Object.keys(t.actions) as (keyof typeof t.actions)[];
  const formats = useFormats();
  const inWords = useSaid();
  const job = useJobName();
  const [opened, setOpened] = useState<AdminAction>();
  const names: Readonly<Record<string, string>> = t.actions;
  const named = ({ action }: AdminAction) => names[action] ?? action;
  const details = ({ detail }: AdminAction) => inWords(detail);
  const about = ({ action, subject }: AdminAction) =>
    action === "begin_job" && subject !== null ? job(subject) : (subject ?? "—");
  // Everything in it follows from the language and the time zone.
  const columns = useMemo((): DataColumn<AdminAction>[] => {
    return [
      {
        key: "action",
        title: d.column.action,
        width: "w-48",
        phone: "title",
        text: named,
        cell: (each) => (
          <CellButton title={each.action} onClick={() => setOpened(each)}>
            {named(each)}
          </CellButton>
        ),
      },
      {
        key: "organization",
        title: d.column.organization,
        phone: "note",
        text: ({ organization }) => organization ?? "",
        cell: ({ organization_id, organization }) =>
          organization_id && organization ? (
            <CellLink to={`/admin/organizations/${organization_id}`}>{organization}</CellLink>
          ) : (
            "—"
          ),
      },
      {
        key: "about",
        title: d.column.about,
        width: "w-32",
        wide: true,
        text: ({ subject }) => subject ?? "",
        cell: (each) =>
          each.subject !== null && isId(each.subject) ? <ShortId id={each.subject} /> : about(each),
      },
      {
        key: "detail",
        title: d.column.detail,
        wide: true,
        text: (each) => inLine(details(each)),
        cell: (each) => (
          <span className={clsx("text-sm text-muted", inTwoLines)} title={inLine(details(each))}>
            {inLine(details(each))}
          </span>
        ),
      },
      {
        key: "who",
        title: d.column.who,
        width: "w-36",
        text: ({ admin, admin_id }) => admin ?? admin_id,
        cell: ({ admin }) => admin ?? <span className="text-muted">{t.gone}</span>,
      },
      {
        key: "when",
        title: d.column.when,
        sort: { kind: "time" },
        width: "w-52",
        phone: "end",
        text: ({ occurred_at }) => occurred_at,
        cell: ({ occurred_at }) => <DateTime at={occurred_at} />,
      },
    ];
    // eslint-disable-next-line react-hooks/exhaustive-deps -- see above
  }, [d, formats]);
  return (
    <div className="flex flex-col gap-6">
      <PageHeader title={t.title} lead={t.lead} />
      <DeskFilterBar filters={filters} help={t.searchHelp}>
        <DeskChoice
          filters={filters}
          name="who"
          label={t.who}
          any={t.anybody}
          choices={(people.data ?? []).map(({ user_id, name }) => ({ value: user_id, label: name }))}
        />
        <DeskChoice
          filters={filters}
          name="action"
          label={t.action}
          any={t.anything}
          choices={actions.map((value) => ({ value, label: t.actions[value] }))}
        />
      </DeskFilterBar>
      <DeskList
        name="admin_log"
        asked={{
          ...filters.asked,
          admin_id: isId(filters.value("who")) ? filters.value("who") : undefined,
          action: filters.choice("action", actions),
        }}
        caption={t.list}
        columns={columns}
        file="admin-log"
        reset={filters.isNarrowed ? "/admin/log" : undefined}
      />
      {opened && (
        <Dialog open wide title={named(opened)} onClose={() => setOpened(undefined)}>
          <div className="tabular-nums wrap-anywhere">
            <Facts
              items={[
                ...(opened.organization ? [{ name: d.column.organization, value: opened.organization }] : []),
                ...(opened.subject === null ? [] : [{ name: d.column.about, value: about(opened) }]),
                ...details(opened),
                { name: d.column.who, value: opened.admin ?? t.gone },
                { name: d.column.when, value: <DateTime at={opened.occurred_at} /> },
              ]}
            />
          </div>
        </Dialog>
      )}
    </div>
  );
}
