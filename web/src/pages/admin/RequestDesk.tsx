import { useMemo, type ReactNode } from "react";
import { Link } from "react-router";
import type { FoundRequest, RequestKind, RequestStatus } from "../../api/desk";
import { CellLink, type DataColumn } from "../../design/DataTable";
import { Facts, PageHeader } from "../../design/Page";
import { DateTime } from "../../design/Values";
import { deskTexts } from "../../i18n/desk";
import { useTexts } from "../../i18n/dictionary";
import { DeskChoice, DeskFilterBar } from "./DeskFilterBar";
import { DeskList } from "./DeskList";
import { Queue, type OneQuery } from "./Queue";
import { RequestPill } from "./RequestPill";
import { useDeskFilters } from "./useDeskFilters";

type Decided = {
  id: string;
  status: RequestStatus;
  created_at: string;
  reviewed_at: string | null;
  review_comment: string | null;
  organization_id: string;
  organizations: { name: string };
};

type Texts = { title: string; lead: string; empty: string; emptyText: string };

const ofUpgrades = ["pending", "more_asked", "approved", "rejected", "withdrawn"] as const;
const statuses: Record<RequestKind, readonly RequestStatus[]> = {
  upgrade: ofUpgrades,
  claim: ["pending", "approved", "rejected"],
  name_change: ["pending", "approved", "rejected", "withdrawn"],
};

/** Requests of one kind as a list, what waits first; the one in view stands in the address (`?request=`). */
export function RequestDesk<Item extends Decided>({
  kind,
  path,
  texts,
  one,
  children,
}: {
  kind: RequestKind;
  /** The page's address. */
  path: string;
  texts: Texts;
  one: (id: string) => OneQuery<Item>;
  /** A request that waits, with its decision. */
  children: (item: Item) => ReactNode;
}) {
  return (
    <Queue title={texts.title} path={path} list={<List kind={kind} path={path} texts={texts} />} one={one}>
      {(item) => (item.status === "pending" ? children(item) : <Settled item={item} />)}
    </Queue>
  );
}

function List({ kind, path, texts }: { kind: RequestKind; path: string; texts: Texts }) {
  const t = useTexts(deskTexts);
  const filters = useDeskFilters();
  const choices = [...statuses[kind], "all" as const];
  const status = filters.choice("status", choices) ?? "pending";
  const columns = useMemo(
    (): DataColumn<FoundRequest>[] => [
      {
        key: "organization",
        title: t.column.organization,
        phone: "title",
        text: ({ organization }) => organization,
        cell: ({ id, organization }) => <CellLink to={`${path}?request=${id}`}>{organization}</CellLink>,
      },
      {
        key: "inn",
        title: t.column.inn,
        width: "w-36",
        phone: "note",
        text: ({ inn }) => inn ?? "",
        cell: ({ inn }) => inn ?? "—",
      },
      {
        key: "files",
        title: t.column.files,
        width: "w-20",
        align: "right",
        wide: true,
        text: ({ files }) => String(files),
        cell: ({ files }) => files,
      },
      {
        key: "sent",
        title: t.column.sent,
        sort: { kind: "time" },
        width: "w-44",
        phone: "end",
        text: ({ created_at }) => created_at,
        cell: ({ created_at }) => <DateTime at={created_at} show="date" />,
      },
      {
        key: "status",
        title: t.column.status,
        width: "w-52",
        phone: "aside",
        text: (each) => t.requestStatus[each.status],
        cell: (each) => <RequestPill status={each.status} />,
      },
    ],
    [t, path],
  );
  return (
    <div className="flex flex-col gap-6">
      <PageHeader title={texts.title} lead={texts.lead} />
      <DeskFilterBar filters={filters} help={t.searchHelp}>
        <DeskChoice
          filters={filters}
          name="status"
          label={t.status}
          choices={choices.map((value) => ({
            value,
            label: value === "all" ? t.any : t.requestStatus[value],
          }))}
        />
      </DeskFilterBar>
      <DeskList
        name="admin_requests"
        asked={{ ...filters.asked, kind, status: status === "all" ? null : status }}
        caption={texts.title}
        columns={columns}
        usual={status === "pending" ? "oldest" : "newest"}
        file={`requests-${kind}`}
        empty={{ title: texts.empty, text: texts.emptyText }}
        reset={filters.isNarrowed ? path : undefined}
      />
    </div>
  );
}

/** A request that was decided on, and what was said. */
function Settled({ item }: { item: Decided }) {
  const t = useTexts(deskTexts);
  return (
    <section className="flex flex-col gap-4">
      <h2 className="text-xl wrap-anywhere">{item.organizations.name}</h2>
      <Facts
        items={[
          { name: t.column.status, value: <RequestPill status={item.status} /> },
          { name: t.column.sent, value: <DateTime at={item.created_at} /> },
          ...(item.reviewed_at ? [{ name: t.decided, value: <DateTime at={item.reviewed_at} /> }] : []),
          ...(item.review_comment
            ? [
                {
                  name: t.comment,
                  value: <span className="whitespace-pre-line">{item.review_comment}</span>,
                },
              ]
            : []),
          {
            name: t.column.organization,
            value: (
              <Link to={`/admin/organizations/${item.organization_id}`} className="link">
                {item.organizations.name}
              </Link>
            ),
          },
        ]}
      />
    </section>
  );
}
