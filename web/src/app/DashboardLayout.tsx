import { useQuery } from "@tanstack/react-query";
import {
  BadgeCheck,
  BookOpen,
  Building2,
  CreditCard,
  ExternalLink,
  LayoutDashboard,
  QrCode,
} from "lucide-react";
import type { ReactNode } from "react";
import { Navigate, Outlet } from "react-router";
import { isPlatformAdmin } from "../api/admin";
import { myOrganizations } from "../api/organizations";
import { Loaded } from "../design/States";
import { common } from "../i18n/common";
import { useTexts } from "../i18n/dictionary";
import { DeletionNotice } from "../shared/DeletionNotice";
import { OrganizationProvider, useChosenOrganization } from "../shared/organization";
import { PageSkeleton } from "../shared/PageSkeleton";
import { useUser } from "../shared/session";
import { OrganizationSwitcher } from "./OrganizationSwitcher";
import { Shell, type Group } from "./Shell";

/**
 * The pages of one organization. The shell stands from the start: what was opened in it while the organizations load
 * stays open. Who has none is led to where one begins: a moderator to the desk, everybody else to a new one.
 */
export function DashboardLayout() {
  const user = useUser();
  const organizations = useQuery(myOrganizations(user.id));
  const admin = useQuery(isPlatformAdmin(user.id));
  return (
    <Dashboard>
      {organizations.data?.length ? (
        <>
          <DeletionNotice />
          <Outlet />
        </>
      ) : (
        <Loaded query={organizations} skeleton={<PageSkeleton />}>
          {() => (
            <Loaded query={admin} skeleton={<PageSkeleton />}>
              {(isAdmin) => <Navigate replace to={isAdmin ? "/admin" : "/dashboard/organizations/new"} />}
            </Loaded>
          )}
        </Loaded>
      )}
    </Dashboard>
  );
}

/** The same shell around a page that needs no organization: a new one, notifications, the account. */
export function DashboardFrame() {
  return (
    <Dashboard>
      <Outlet />
    </Dashboard>
  );
}

function Dashboard({ children }: { children: ReactNode }) {
  const user = useUser();
  const all = useQuery(myOrganizations(user.id)).data ?? [];
  return (
    <OrganizationProvider all={all}>
      <DashboardShell>{children}</DashboardShell>
    </OrganizationProvider>
  );
}

function DashboardShell({ children }: { children: ReactNode }) {
  const t = useTexts(common).nav;
  const slug = useChosenOrganization()?.organization.slug;
  const groups: Group[] = slug
    ? [
        {
          places: [{ to: "/dashboard", icon: LayoutDashboard, name: t.overview, end: true, bar: 1 }],
        },
        {
          title: t.group.trust,
          places: [
            { to: "/dashboard/organization/status", icon: BadgeCheck, name: t.status, bar: 4 },
            { to: `/organizations/${slug}`, icon: ExternalLink, name: t.publicPage },
          ],
        },
        {
          title: t.group.making,
          places: [
            { to: "/dashboard/qr", icon: QrCode, name: t.qr, bar: 2 },
            { to: "/dashboard/producer/stories", icon: BookOpen, name: t.stories, bar: 3 },
          ],
        },
        {
          title: t.group.organization,
          places: [
            {
              to: "/dashboard/organization",
              icon: Building2,
              name: t.organization,
              not: "/dashboard/organization/status",
            },
            { to: "/dashboard/billing", icon: CreditCard, name: t.billing },
          ],
        },
      ]
    : [];
  return (
    <Shell home="/dashboard" label={t.dashboard} switcher={slug && <OrganizationSwitcher />} groups={groups}>
      {children}
    </Shell>
  );
}
