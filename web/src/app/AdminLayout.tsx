import { useQuery } from "@tanstack/react-query";
import {
  BookOpen,
  Building2,
  CalendarClock,
  Flag,
  IdCard,
  Inbox,
  LayoutDashboard,
  MessageSquare,
  PenLine,
  ScrollText,
  Wallet,
} from "lucide-react";
import { Outlet } from "react-router";
import { isPlatformAdmin } from "../api/admin";
import { myOrganizations } from "../api/organizations";
import { Loaded } from "../design/States";
import { adminTexts } from "../i18n/admin";
import { common } from "../i18n/common";
import { deskTexts } from "../i18n/desk";
import { useTexts } from "../i18n/dictionary";
import { storyTexts } from "../i18n/stories";
import { supportTexts } from "../i18n/support";
import { NotFoundPage } from "../pages/NotFoundPage";
import { PageSkeleton } from "../shared/PageSkeleton";
import { useUser } from "../shared/session";
import { Shell, type Group } from "./Shell";

/** The pages of those who run the platform. For everybody else there is nothing here. */
export function AdminLayout() {
  const t = useTexts(adminTexts);
  const c = useTexts(common);
  const d = useTexts(deskTexts);
  const user = useUser();
  const admin = useQuery(isPlatformAdmin(user.id));
  const organizations = useQuery(myOrganizations(user.id));
  const groups: Group[] = [
    {
      title: t.groups.decisions,
      places: [
        { to: "/admin/status-requests", icon: Inbox, name: t.requests, bar: 1 },
        {
          to: "/admin/stories/moderation",
          icon: BookOpen,
          name: useTexts(storyTexts).desk.nav,
          bar: 2,
        },
        { to: "/admin/claims", icon: IdCard, name: t.claims.nav },
        { to: "/admin/name-changes", icon: PenLine, name: t.names.nav },
        { to: "/admin/reports", icon: Flag, name: t.reports },
        { to: "/admin/support", icon: MessageSquare, name: useTexts(supportTexts).desk.nav, bar: 3 },
      ],
    },
    {
      title: t.groups.platform,
      places: [
        { to: "/admin/organizations", icon: Building2, name: t.organizations },
        { to: "/admin/payments", icon: Wallet, name: t.payments, bar: 4 },
        { to: "/admin/jobs", icon: CalendarClock, name: d.jobs.nav },
        { to: "/admin/log", icon: ScrollText, name: d.log.nav },
        ...(organizations.data?.length
          ? [{ to: "/dashboard", icon: LayoutDashboard, name: c.nav.dashboard, end: true }]
          : []),
      ],
    },
  ];
  return (
    <Shell home="/admin" label={c.nav.moderation} groups={admin.data ? groups : []}>
      <Loaded query={admin} skeleton={<PageSkeleton />}>
        {(isAdmin) => (isAdmin ? <Outlet /> : <NotFoundPage />)}
      </Loaded>
    </Shell>
  );
}
