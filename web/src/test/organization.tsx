import type { ReactNode } from "react";
import type { Membership } from "../api/organizations";
import { OrganizationProvider } from "../shared/organization";

export const membership: Membership = {
  organization: {
    id: "o1",
    slug: "paseka",
    name: "Пасека",
    legal_name: null,
    inn: null,
    masked_inn: null,
    inn_freed_at: null,
    category: null,
    region: null,
    description: null,
    contacts: null,
    website_url: null,
    logo_path: null,
    is_published: true,
    was_published: null,
    first_level_at: null,
    created_by: null,
    created_at: "2027-03-12T09:00:00Z",
    updated_at: "2027-03-12T09:00:00Z",
    deletion_requested_at: null,
    deleted_at: null,
    release_noticed_at: null,
    released_at: null,
  },
  role: "editor",
  timeZone: "Europe/Moscow",
};

/** A part of a page below the dashboard. */
export const inOrganization = (part: ReactNode) => (
  <OrganizationProvider all={[membership]}>{part}</OrganizationProvider>
);
