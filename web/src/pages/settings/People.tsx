import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ChevronDown } from "lucide-react";
import { useState } from "react";
import { useNavigate } from "react-router";
import { asApiError, type ApiError } from "../../api/errors";
import { mayActAs, type OrganizationRole } from "../../api/organizations";
import { changeMemberRole, members, removeMember, type Member } from "../../api/team";
import { useOrganization } from "../../shared/organization";
import { useUser } from "../../shared/session";
import { Button } from "../../design/Button";
import { ConfirmDialog } from "../../design/Dialog";
import { Icon } from "../../design/Icon";
import { Menu } from "../../design/Menu";
import { Problem } from "../../design/Notice";
import { useSorting } from "../../design/sorting";
import { Loaded, SkeletonLines } from "../../design/States";
import { Table } from "../../design/Table";
import { toast } from "../../design/toast";
import { DateTime } from "../../design/Values";
import { useTexts } from "../../i18n/dictionary";
import { organizationTexts } from "../../i18n/organizations";
import { settingsTexts } from "../../i18n/settings";
import { keys } from "../../api/keys";

const roles: readonly OrganizationRole[] = ["owner", "admin", "editor", "viewer"];

/** Roles that somebody in this role may give: those below their own. */
export const rolesBelow = (role: OrganizationRole) => roles.slice(roles.indexOf(role) + 1);

/** Who is in the organization; their roles are changed and people removed by those who stand above them. */
export function People() {
  const { organization } = useOrganization();
  return (
    <div className="flex flex-col gap-4">
      <Roles />
      <Loaded query={useQuery(members(organization.id))} skeleton={<SkeletonLines count={4} />}>
        {(list) => <MemberList list={list} />}
      </Loaded>
    </div>
  );
}

function Roles() {
  const t = useTexts(settingsTexts).people;
  const names = useTexts(organizationTexts).role;
  return (
    <details className="max-w-xl">
      <summary className="link inline-flex min-h-8 list-none items-center [&::-webkit-details-marker]:hidden">
        {t.rolesTitle}
      </summary>
      <dl className="mt-2 grid gap-x-6 gap-y-2 sm:grid-cols-[max-content_1fr]">
        {roles.map((role) => (
          <div key={role} className="sm:contents">
            <dt className="font-medium">{names[role]}</dt>
            <dd className="text-muted">{t.roles[role]}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

function MemberList({ list }: { list: readonly Member[] }) {
  const t = useTexts(settingsTexts).people;
  const names = useTexts(organizationTexts).role;
  const user = useUser();
  const { organization, role, timeZone } = useOrganization();
  const queries = useQueryClient();
  const [problem, setProblem] = useState<ApiError>();
  const [removing, setRemoving] = useState<Member>();

  const nameOf = (member: Member) => member.name || t.nameless;
  const mayChange = (member: Member) =>
    mayActAs(role, "admin") && member.userId !== user.id && !mayActAs(member.role, role);
  const mayLeave = (member: Member) => member.userId === user.id && role !== "owner"; // an owner hands over first
  const sorting = useSorting("role", ["name", "role", "since"]);

  async function refresh() {
    await queries.invalidateQueries({ queryKey: keys.members(organization.id) });
  }

  async function change(member: Member, next: OrganizationRole, canUndo = true) {
    setProblem(undefined);
    try {
      await changeMemberRole({ organization_id: organization.id, user_id: member.userId, role: next });
      await refresh();
      toast(
        t.roleChanged(nameOf(member), names[next]),
        canUndo ? { undo: () => void change({ ...member, role: next }, member.role, false) } : {},
      );
    } catch (error) {
      setProblem(asApiError(error));
      await refresh();
    }
  }

  return (
    <>
      {problem && <Problem error={problem} />}
      <Table
        caption={t.list}
        rows={list}
        rowKey={({ userId }) => userId}
        sorting={sorting}
        columns={[
          {
            key: "name",
            title: t.person,
            sort: { kind: "text", value: nameOf },
            cell: (member) => (
              <span className="inline-flex min-h-9 flex-wrap items-center gap-x-2">
                {nameOf(member)}
                {member.userId === user.id && <span className="text-sm text-muted">{t.you}</span>}
              </span>
            ),
          },
          {
            key: "role",
            title: t.role,
            sort: { kind: "rank", value: (member) => roles.indexOf(member.role) },
            cell: (member) =>
              mayChange(member) ? (
                <Menu
                  trigger={
                    <button
                      type="button"
                      aria-label={t.roleOf(nameOf(member), names[member.role])}
                      className="-mr-2 inline-flex min-h-9 items-center gap-1.5 rounded-md px-2 hover:bg-sunken sm:-ml-2"
                    >
                      {names[member.role]}
                      <Icon of={ChevronDown} size={16} />
                    </button>
                  }
                  items={rolesBelow(role).map((each) => ({
                    key: each,
                    label: names[each],
                    current: each === member.role,
                    onSelect: () => {
                      if (each !== member.role) void change(member, each);
                    },
                  }))}
                />
              ) : (
                <span className="inline-flex min-h-9 items-center">{names[member.role]}</span>
              ),
          },
          {
            key: "since",
            title: t.since,
            sort: { kind: "time", value: ({ joinedAt }) => Date.parse(joinedAt) },
            cell: (member) => (
              <span className="inline-flex min-h-9 items-center whitespace-nowrap">
                <DateTime at={member.joinedAt} show="date" timeZone={timeZone} />
              </span>
            ),
          },
          {
            key: "actions",
            title: t.actions,
            align: "right",
            corner: "words",
            isEmpty: (member) => !mayChange(member) && !mayLeave(member),
            cell: (member) =>
              mayChange(member) ? (
                <Button
                  size="small"
                  variant="secondary"
                  aria-label={t.removeLabel(nameOf(member))}
                  onClick={() => setRemoving(member)}
                >
                  {t.remove}
                </Button>
              ) : mayLeave(member) ? (
                <Leave />
              ) : (
                <span aria-hidden className="inline-flex min-h-9 items-center text-muted">
                  —
                </span>
              ),
          },
        ]}
      />
      {role === "owner" && <p className="text-sm text-muted">{t.ownerStays}</p>}
      <ConfirmDialog
        open={removing !== undefined}
        onClose={() => setRemoving(undefined)}
        title={removing ? t.removeTitle(nameOf(removing)) : ""}
        action={t.removeAction}
        pendingText={t.removing}
        onConfirm={async () => {
          if (!removing) return;
          await removeMember(organization.id, removing.userId);
          await refresh();
          toast(t.removed(nameOf(removing)));
        }}
      >
        {t.removeText}
      </ConfirmDialog>
    </>
  );
}

/** Going oneself. */
function Leave() {
  const t = useTexts(settingsTexts).people;
  const user = useUser();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const { organization } = useOrganization();
  const [isAsking, setAsking] = useState(false);
  return (
    <>
      <Button size="small" aria-label={t.leave} onClick={() => setAsking(true)}>
        {t.leaveAction}
      </Button>
      <ConfirmDialog
        open={isAsking}
        onClose={() => setAsking(false)}
        title={t.leaveTitle(organization.name)}
        action={t.leaveAction}
        pendingText={t.leaving}
        onConfirm={async () => {
          await removeMember(organization.id, user.id);
          toast(t.left(organization.name));
          // Asked again by the page one comes to: while this one stands, a list without it would lead to a new one.
          await queries.invalidateQueries({ queryKey: keys.account(), refetchType: "none" });
          await navigate("/account");
        }}
      >
        {t.leaveText}
      </ConfirmDialog>
    </>
  );
}
