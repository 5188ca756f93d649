import { useQuery } from "@tanstack/react-query";
import { SearchX } from "lucide-react";
import { Link } from "react-router";
import { activeLevels, findOrganizations, mostFound } from "../../api/admin";
import type { Organization } from "../../api/organizations";
import { useAddressText } from "../../shared/useAddressText";
import { SearchField } from "../../design/Form";
import { Icon } from "../../design/Icon";
import { PageHeader } from "../../design/Page";
import { EmptyState, Loaded, SkeletonLines } from "../../design/States";
import { Table } from "../../design/Table";
import { DateTime } from "../../design/Values";
import { adminTexts } from "../../i18n/admin";
import { useTexts } from "../../i18n/dictionary";
import { statusTexts } from "../../i18n/status";
import { Seal } from "../../status/Seal";

/** Finding an organization; what is looked for stands in the address, so that a link shares it. */
export function OrganizationsPage() {
  const t = useTexts(adminTexts).find;
  const { asked, typed, setTyped } = useAddressText("q");
  const found = useQuery(findOrganizations(asked));
  return (
    <div className="flex flex-col gap-6">
      <PageHeader title={t.title} />
      <SearchField label={t.label} help={t.help} value={typed} onChange={setTyped} />
      <Loaded query={found} skeleton={<SkeletonLines count={6} />}>
        {(list) =>
          list.length === 0 ? (
            <EmptyState title={t.none(asked)} picture={<Icon of={SearchX} size={32} />}>
              {t.noneText}
            </EmptyState>
          ) : (
            <div className="flex flex-col gap-3">
              <p role="status" className="text-muted">
                {list.length === mostFound
                  ? asked
                    ? t.first(mostFound)
                    : t.newest
                  : asked
                    ? t.found(list.length)
                    : t.newest}
              </p>
              <Found list={list} />
            </div>
          )
        }
      </Loaded>
    </div>
  );
}

function Found({ list }: { list: readonly Organization[] }) {
  const t = useTexts(adminTexts).find;
  const s = useTexts(statusTexts);
  const levels = useQuery(activeLevels(list.map(({ id }) => id)));
  const levelsOf = (id: string) => (levels.data ?? []).filter((row) => row.organization_id === id);
  return (
    <Table
      caption={t.list}
      rows={list}
      rowKey={({ id }) => id}
      columns={[
        {
          key: "name",
          title: t.name,
          cell: ({ id, name }) => (
            <Link to={`/admin/organizations/${id}`} className="link wrap-anywhere">
              {name}
            </Link>
          ),
        },
        {
          key: "slug",
          title: t.slug,
          cell: ({ slug }) => <span className="break-all">{slug}</span>,
        },
        { key: "inn", title: t.inn, cell: ({ inn }) => inn },
        {
          key: "levels",
          title: t.levels,
          cell: ({ id }) => {
            const held = levelsOf(id);
            return held.length === 0 ? (
              <span className="text-muted">{t.noLevels}</span>
            ) : (
              <span className="flex gap-1.5">
                {held.map(({ level }) => (
                  <Seal key={level} face={{ level }} size={24} label={s.status(level)} />
                ))}
              </span>
            );
          },
        },
        {
          key: "since",
          title: t.since,
          cell: ({ created_at }) => <DateTime at={created_at} show="date" />,
        },
      ]}
    />
  );
}
