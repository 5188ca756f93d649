import { queryOptions } from "@tanstack/react-query";
import { data, database } from "./client";
import { keys } from "./keys";
import type { Membership, Organization, OrganizationRole } from "./organizations";
import type { Profile } from "./people";

/** What stands around every page of whoever is signed in. */
export type Account = {
  profile: Profile;
  /** By name. */
  organizations: Membership[];
  isPlatformAdmin: boolean;
  /** Notifications, at most 100. */
  unread: number;
};

type Answer = {
  profile: Profile;
  organizations: { organization: Organization; role: OrganizationRole; time_zone: string }[];
  is_platform_admin: boolean;
  unread: number;
};

/** All of it in one answer; `profile`, `myOrganizations`, `isPlatformAdmin` and `unreadCount` are its parts. */
export function account(userId: string) {
  return queryOptions({
    queryKey: keys.account(userId),
    queryFn: async ({ signal }): Promise<Account> => {
      const found = (await data(database().rpc("my_account").abortSignal(signal))) as Answer;
      return {
        profile: found.profile,
        organizations: found.organizations
          .map(({ organization, role, time_zone }) => ({ organization, role, timeZone: time_zone }))
          .sort((a, b) => a.organization.name.localeCompare(b.organization.name, "ru")),
        isPlatformAdmin: found.is_platform_admin,
        unread: found.unread,
      };
    },
  });
}
