import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { isId } from "../../api/adminPayments";
import { adminPeople, type AdminAction } from "../../api/desk";
import { CellLink, type DataColumn } from "../../design/DataTable";
import { PageHeader } from "../../design/Page";
import { ShortId } from "../../design/ShortId";
import { DateTime } from "../../design/Values";
import { deskTexts } from "../../i18n/desk";
import { useTexts } from "../../i18n/dictionary";
import { DeskChoice, DeskFilterBar } from "./DeskFilterBar";
import { DeskList } from "./DeskList";
import { useDeskFilters } from "./useDeskFilters";

/** What platform admins did: who, what, about whom. */
export function LogPage() {
  const d = useTexts(deskTexts);
  const t = d.log;
  const filters = useDeskFilters();
  const people = useQuery(adminPeople());
  const actions = Object.keys(t.actions) as (keyof typeof t.actions)[];
  const columns = useMemo((): DataColumn<AdminAction>[] => {
    const names: Readonly<Record<string, string>> = t.actions;
    const inWords = ({ action }: AdminAction) => names[action] ?? action;
    const detail = (each: AdminAction) =>
      Object.entries(each.detail)
        .filter(([key]) => key !== "run_id")
        .map(([key, value]) => `${key}: ${String(value)}`)
        .join(", ");
    return [
      {
        key: "action",
        title: d.column.action,
        width: "w-56",
        phone: "title",
        text: inWords,
        cell: (each) => <span title={each.action}>{inWords(each)}</span>,
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
        text: ({ subject }) => subject ?? "",
        cell: ({ subject }) => (subject === null ? "—" : isId(subject) ? <ShortId id={subject} /> : subject),
      },
      {
        key: "detail",
        title: d.column.detail,
        wide: true,
        text: detail,
        cell: (each) => (
          <span className="text-sm text-muted" title={detail(each)}>
            {detail(each)}
          </span>
        ),
      },
      {
        key: "who",
        title: d.column.who,
        width: "w-36",
        phone: "aside",
        text: ({ admin, admin_id }) => admin ?? admin_id,
        cell: ({ admin }) => admin ?? <span className="text-muted">{t.gone}</span>,
      },
      {
        key: "when",
        title: d.column.when,
        width: "w-48",
        phone: "end",
        text: ({ occurred_at }) => occurred_at,
        cell: ({ occurred_at }) => <DateTime at={occurred_at} />,
      },
    ];
  }, [d, t]);
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
    </div>
  );
}
