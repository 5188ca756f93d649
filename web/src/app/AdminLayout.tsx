import { useQuery } from "@tanstack/react-query";
import { BookOpen, Building2, IdCard, Inbox, MessageSquare, PenLine, Wallet } from "lucide-react";
import { Outlet } from "react-router";
import { isPlatformAdmin } from "../api/admin";
import { Loaded } from "../design/States";
import { adminTexts } from "../i18n/admin";
import { common } from "../i18n/common";
import { useTexts } from "../i18n/dictionary";
import { storyTexts } from "../i18n/stories";
import { supportTexts } from "../i18n/support";
import { NotFoundPage } from "../pages/NotFoundPage";
import { Frame, SectionLinks } from "./DashboardLayout";
import { PageSkeleton } from "../shared/PageSkeleton";
import { useUser } from "../shared/session";

/** The pages of those who run the platform. For everybody else there is nothing here. */
export function AdminLayout() {
  const t = useTexts(adminTexts);
  const c = useTexts(common);
  const user = useUser();
  const admin = useQuery(isPlatformAdmin(user.id));
  const sections = [
    { to: "/admin/status-requests", icon: Inbox, name: t.requests },
    { to: "/admin/stories/moderation", icon: BookOpen, name: useTexts(storyTexts).desk.nav },
    { to: "/admin/claims", icon: IdCard, name: t.claims.nav },
    { to: "/admin/name-changes", icon: PenLine, name: t.names.nav },
    { to: "/admin/support", icon: MessageSquare, name: useTexts(supportTexts).desk.nav },
    { to: "/admin/organizations", icon: Building2, name: t.organizations },
    { to: "/admin/payments", icon: Wallet, name: t.payments },
  ];
  return (
    <Frame sections={admin.data && <SectionLinks label={c.nav.moderation} sections={sections} />}>
      <Loaded query={admin} skeleton={<PageSkeleton />}>
        {(isAdmin) => (isAdmin ? <Outlet /> : <NotFoundPage />)}
      </Loaded>
    </Frame>
  );
}
