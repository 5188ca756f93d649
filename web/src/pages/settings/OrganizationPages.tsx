import { Navigate, Outlet, useLocation } from "react-router";
import { mayActAs } from "../../api/organizations";
import { ButtonLink } from "../../design/Button";
import { PageHeader } from "../../design/Page";
import { Tabs } from "../../design/Tabs";
import { useTexts } from "../../i18n/dictionary";
import { settingsTexts } from "../../i18n/settings";
import { statusTexts } from "../../i18n/status";
import { useOrganization } from "../../shared/organization";

const home = "/dashboard/organization";

/** What stands over the pages of an organization: what it says of itself, its people, its settings, its end. */
export function OrganizationPages() {
  const t = useTexts(settingsTexts);
  const s = useTexts(statusTexts);
  const { organization, role } = useOrganization();
  const { pathname, hash } = useLocation();
  const pages = [
    { to: home, name: t.parts.profile },
    { to: `${home}/people`, name: t.parts.people },
    ...(mayActAs(role, "admin") ? [{ to: `${home}/settings`, name: t.parts.settings }] : []),
    ...(role === "owner" ? [{ to: `${home}/deletion`, name: t.parts.deletion }] : []),
  ];
  // Once these were parts of one page, and links to them are kept.
  const part = ["people", "settings", "deletion"].find((name) => hash === `#${name}`);
  if (part) return <Navigate replace to={`${home}/${part}`} />;
  const name = pages.find(({ to }) => to === pathname)?.name;
  return (
    <div className="flex flex-col gap-8">
      <PageHeader
        title={t.title}
        tabTitle={name && `${name} · ${t.title}`}
        lead={t.lead}
        action={<ButtonLink to={`/organizations/${organization.slug}`}>{s.page.publicPage}</ButtonLink>}
      />
      <Tabs label={t.title} tabs={pages} />
      {/* Another organization chosen in the header: its own forms, nothing of the former left in them. */}
      <div key={organization.id} className="flex max-w-3xl flex-col gap-12">
        <Outlet />
      </div>
    </div>
  );
}
