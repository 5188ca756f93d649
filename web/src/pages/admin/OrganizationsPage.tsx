import { CircleAlert, CircleCheck, CircleDashed, CircleX, Clock, type LucideIcon } from "lucide-react";
import { useMemo } from "react";
import type { FoundOrganization } from "../../api/desk";
import { CellLink, type DataColumn } from "../../design/DataTable";
import { PageHeader } from "../../design/Page";
import { Pill, type Tone } from "../../design/Pill";
import { DateTime } from "../../design/Values";
import { adminTexts } from "../../i18n/admin";
import { deskTexts } from "../../i18n/desk";
import { useTexts } from "../../i18n/dictionary";
import { statusTexts } from "../../i18n/status";
import { Seal } from "../../status/Seal";
import { DeskChoice, DeskFilterBar } from "./DeskFilterBar";
import { DeskList } from "./DeskList";
import { useDeskFilters } from "./useDeskFilters";

const levels = ["0", "A", "B", "C"] as const;
type Subscribed = NonNullable<FoundOrganization["subscription_status"]>;
const subscriptions: Record<Subscribed, { tone: Tone; icon: LucideIcon }> = {
  trialing: { tone: "info", icon: Clock },
  active: { tone: "good", icon: CircleCheck },
  past_due: { tone: "bad", icon: CircleAlert },
  canceled: { tone: "plain", icon: CircleX },
  expired: { tone: "plain", icon: CircleDashed },
};
const states = Object.keys(subscriptions) as Subscribed[];

/** Finding an organization. */
export function OrganizationsPage() {
  const t = useTexts(deskTexts);
  const o = useTexts(adminTexts).find;
  const s = useTexts(statusTexts);
  const filters = useDeskFilters();
  const level = filters.choice("level", levels);
  const subscription = filters.choice("subscription", states);
  const isByMaking = level === undefined && subscription === undefined;
  const columns = useMemo(
    (): DataColumn<FoundOrganization>[] => [
      {
        key: "name",
        title: o.name,
        phone: "title",
        text: ({ name }) => name,
        cell: ({ id, name, deleted_at }) => (
          <CellLink to={`/admin/organizations/${id}`}>
            {deleted_at ? `${name} · ${t.deleted}` : name}
          </CellLink>
        ),
      },
      { key: "slug", title: o.slug, wide: true, text: ({ slug }) => slug, cell: ({ slug }) => slug },
      {
        key: "inn",
        title: o.inn,
        width: "w-36",
        phone: "note",
        text: ({ inn }) => inn ?? "",
        cell: ({ inn }) => inn ?? "—",
      },
      {
        key: "levels",
        title: o.levels,
        width: "w-28",
        phone: "aside",
        text: (each) => each.levels.join(" "),
        cell: (each) =>
          each.levels.length === 0 ? (
            <span className="text-muted">{t.noLevels}</span>
          ) : (
            <span className="flex gap-1">
              {each.levels.map((level) => (
                <Seal key={level} face={{ level }} size={24} label={s.status(level)} />
              ))}
            </span>
          ),
      },
      {
        key: "subscription",
        title: t.column.subscription,
        width: "w-44",
        phone: "end",
        text: ({ subscription_status }) =>
          subscription_status ? t.subscription[subscription_status] : t.noSubscription,
        cell: ({ subscription_status }) =>
          subscription_status ? (
            <Pill {...subscriptions[subscription_status]}>{t.subscription[subscription_status]}</Pill>
          ) : (
            <span className="text-muted">{t.noSubscription}</span>
          ),
      },
      {
        key: "since",
        title: t.column.since,
        // Of one level or state they come by when they got it, which is another time.
        ...(isByMaking && { sort: { kind: "time" } as const }),
        width: "w-36",
        text: ({ created_at }) => created_at,
        cell: ({ created_at }) => <DateTime at={created_at} show="date" />,
      },
    ],
    [t, o, s, isByMaking],
  );
  return (
    <div className="flex flex-col gap-6">
      <PageHeader title={o.title} />
      <DeskFilterBar filters={filters} help={t.searchHelp}>
        <DeskChoice
          filters={filters}
          name="level"
          label={t.level}
          any={t.any}
          choices={levels.map((value) => ({ value, label: s.status(value) }))}
        />
        <DeskChoice
          filters={filters}
          name="subscription"
          label={t.column.subscription}
          any={t.any}
          choices={states.map((value) => ({ value, label: t.subscription[value] }))}
        />
      </DeskFilterBar>
      <DeskList
        name="admin_organizations"
        asked={{
          ...filters.asked,
          level,
          subscription_status: subscription,
        }}
        caption={o.list}
        columns={columns}
        file="organizations"
        reset={filters.isNarrowed ? "/admin/organizations" : undefined}
      />
    </div>
  );
}
