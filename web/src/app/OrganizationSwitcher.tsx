import { ChevronsUpDown, Plus } from "lucide-react";
import { useNavigate, useLocation } from "react-router";
import { Icon } from "../design/Icon";
import { Menu } from "../design/Menu";
import { common } from "../i18n/common";
import { useTexts } from "../i18n/dictionary";
import { useLangOf } from "../i18n/langOf";
import { chooseOrganization, useOrganizations } from "../shared/organization";

/** Which organization the dashboard shows, and the way to a new one. */
export function OrganizationSwitcher() {
  const t = useTexts(common).nav;
  const { all, current } = useOrganizations();
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const langOf = useLangOf();
  return (
    <Menu
      align="start"
      trigger={
        <button
          type="button"
          aria-label={t.switchOrganization(current.organization.name)}
          className="flex min-h-11 min-w-0 items-center gap-2 rounded-md px-3 py-0.5 text-left leading-5 font-medium hover:bg-sunken lg:border lg:border-line lg:bg-raised lg:py-1.5"
        >
          <span
            lang={langOf(current.organization.name)}
            title={current.organization.name}
            className="line-clamp-2 min-w-0 flex-1 wrap-anywhere"
          >
            {current.organization.name}
          </span>
          <Icon of={ChevronsUpDown} size={16} />
        </button>
      }
      items={[
        ...all.map(({ organization }) => ({
          key: organization.id,
          label: organization.name,
          current: organization.id === current.organization.id,
          onSelect: () => {
            chooseOrganization(organization.id);
            // An organization named in the address would go before the choice.
            void navigate(pathname, { replace: true });
          },
        })),
        {
          key: "new",
          label: t.newOrganization,
          icon: <Icon of={Plus} size={18} />,
          apart: true,
          to: "/dashboard/organizations/new",
        },
      ]}
    />
  );
}
