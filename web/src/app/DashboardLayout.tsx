import { useQuery } from "@tanstack/react-query";
import { clsx } from "clsx";
import {
  BadgeCheck,
  BookOpen,
  Building2,
  CircleUser,
  CreditCard,
  ExternalLink,
  LayoutDashboard,
  LogOut,
  QrCode,
  ShieldCheck,
  type LucideIcon,
} from "lucide-react";
import { useEffect, useRef, type ReactNode } from "react";
import { Navigate, NavLink, Outlet, useLocation } from "react-router";
import { isPlatformAdmin } from "../api/admin";
import { myOrganizations } from "../api/organizations";
import { IconButton } from "../design/Button";
import { Icon } from "../design/Icon";
import { Menu } from "../design/Menu";
import { Loaded } from "../design/States";
import { common } from "../i18n/common";
import { useTexts } from "../i18n/dictionary";
import { storyTexts } from "../i18n/stories";
import { Bell } from "./Bell";
import { DeletionNotice } from "../shared/DeletionNotice";
import { Footer } from "./Footer";
import { Logo } from "./Logo";
import { OrganizationProvider, useOrganization } from "../shared/organization";
import { OrganizationSwitcher } from "./OrganizationSwitcher";
import { PageSkeleton } from "../shared/PageSkeleton";
import { leave, useUser } from "../shared/session";
import { SkipLink } from "./SkipLink";

/**
 * The pages of one organization: its switcher above, the sections beside (a row on a phone).
 * The frame stands from the start: what was opened in it while the organizations load stays open.
 */
export function DashboardLayout() {
  const user = useUser();
  const organizations = useQuery(myOrganizations(user.id));
  const all = organizations.data ?? [];
  const hasOne = all.length > 0;
  return (
    <OrganizationProvider all={all}>
      <Frame
        switcher={hasOne ? <OrganizationSwitcher /> : undefined}
        sections={hasOne ? <Sections /> : undefined}
      >
        {hasOne ? (
          <>
            <DeletionNotice />
            <Outlet />
          </>
        ) : (
          <Loaded query={organizations} skeleton={<PageSkeleton />}>
            {() => <Navigate replace to="/dashboard/organizations/new" />}
          </Loaded>
        )}
      </Frame>
    </OrganizationProvider>
  );
}

/** The dashboard's frame for a page that needs no organization: creating the first one. */
export function DashboardFrame() {
  return (
    <Frame>
      <Outlet />
    </Frame>
  );
}

export function Frame({
  switcher,
  sections,
  children,
}: {
  switcher?: ReactNode;
  sections?: ReactNode;
  children: ReactNode;
}) {
  const t = useTexts(common).nav;
  const user = useUser();
  const isAdmin = useQuery(isPlatformAdmin(user.id)).data === true;
  return (
    <div className="flex min-h-dvh flex-col">
      <SkipLink />
      <header className="border-b border-line">
        <div className="gutter mx-auto flex min-h-16 w-full max-w-6xl items-center gap-2">
          <Logo short={switcher !== undefined} />
          {switcher && (
            <>
              <span aria-hidden className="h-6 w-px bg-line" />
              {switcher}
            </>
          )}
          <div className="ml-auto flex shrink-0 items-center">
            <Bell />
            <Menu
              trigger={
                <IconButton label={t.account}>
                  <Icon of={CircleUser} />
                </IconButton>
              }
              items={[
                {
                  key: "account",
                  label: user.email,
                  icon: <Icon of={CircleUser} size={18} />,
                  to: "/account",
                },
                ...(isAdmin
                  ? [
                      {
                        key: "admin",
                        label: t.moderation,
                        icon: <Icon of={ShieldCheck} size={18} />,
                        to: "/admin/status-requests",
                      },
                    ]
                  : []),
                {
                  key: "leave",
                  label: t.signOut,
                  icon: <Icon of={LogOut} size={18} />,
                  apart: true,
                  onSelect: () => void leave(),
                },
              ]}
            />
          </div>
        </div>
      </header>
      <div className="gutter mx-auto flex w-full max-w-6xl flex-col lg:flex-row lg:gap-12">
        {sections}
        <main id="content" tabIndex={-1} className="min-w-0 flex-1 py-6 outline-none sm:py-10">
          {children}
        </main>
      </div>
      <Footer />
    </div>
  );
}

function Sections() {
  const t = useTexts(common).nav;
  const { organization } = useOrganization();
  const sections = [
    { to: "/dashboard", icon: LayoutDashboard, name: t.overview, end: true },
    { to: "/dashboard/organization/status", icon: BadgeCheck, name: t.status },
    { to: "/dashboard/producer/stories", icon: BookOpen, name: useTexts(storyTexts).mine.nav },
    { to: "/dashboard/qr", icon: QrCode, name: t.qr },
    { to: "/dashboard/billing", icon: CreditCard, name: t.billing },
    { to: "/dashboard/organization", icon: Building2, name: t.organization, end: true },
    { to: `/organizations/${organization.slug}`, icon: ExternalLink, name: t.publicPage },
  ];
  return <SectionLinks label={t.dashboard} sections={sections} />;
}

/** Links to the sections: a column at a desk, a row on a phone. */
export function SectionLinks({
  label,
  sections,
}: {
  label: string;
  sections: readonly { to: string; icon: LucideIcon; name: string; end?: boolean }[];
}) {
  const nav = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  // On a phone the row may be wider than the screen: where the reader is has to be seen.
  useEffect(() => {
    const current = nav.current?.querySelector("[aria-current=page]");
    current?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [pathname]);
  return (
    <nav
      ref={nav}
      aria-label={label}
      className="-mx-4 overflow-x-auto border-b border-line px-4 lg:mx-0 lg:w-56 lg:shrink-0 lg:border-0 lg:px-0 lg:py-10"
    >
      <ul className="flex w-max lg:w-auto lg:flex-col lg:gap-1">
        {sections.map((section) => (
          <li key={section.to}>
            <NavLink
              to={section.to}
              end={section.end ?? false}
              className={({ isActive }) =>
                clsx(
                  "flex min-h-11 items-center gap-2 border-b-2 px-3 focus-visible:-outline-offset-2 lg:rounded-md lg:border-b-0",
                  isActive
                    ? "border-honey font-semibold text-ink lg:bg-honey-soft"
                    : "border-transparent text-muted hover:text-ink lg:hover:bg-sunken",
                )
              }
            >
              <span className="hidden lg:block">
                <Icon of={section.icon} size={18} />
              </span>
              {section.name}
            </NavLink>
          </li>
        ))}
      </ul>
    </nav>
  );
}
