import { queryOptions } from "@tanstack/react-query";
import { data, dataOrNull, database } from "./client";
import type { Database } from "./database.types";

type Tables = Database["public"]["Tables"];

export type Organization = Tables["organizations"]["Row"];
export type OrganizationSettings = Tables["organization_settings"]["Row"];
export type OrganizationRole = Database["public"]["Enums"]["organization_role"];

export type Membership = {
  organization: Organization;
  role: OrganizationRole;
  /** The organization's own time zone: calendar questions are asked in it. */
  timeZone: string;
};

const roleOrder: OrganizationRole[] = ["viewer", "editor", "admin", "owner"];

/** Whether `role` may do what `atLeast` may. Only to hide what cannot be done: the database decides. */
export function mayActAs(role: OrganizationRole, atLeast: OrganizationRole): boolean {
  return roleOrder.indexOf(role) >= roleOrder.indexOf(atLeast);
}

/** The organizations the person belongs to, by name. */
export function myOrganizations(userId: string) {
  return queryOptions({
    queryKey: ["my-organizations", userId],
    queryFn: async ({ signal }): Promise<Membership[]> => {
      const members = await data(
        database()
          .from("organization_members")
          .select("role, organizations(*)")
          .eq("user_id", userId)
          .abortSignal(signal),
      );
      const settings = await data(
        database().from("organization_settings").select("organization_id, time_zone").abortSignal(signal),
      );
      const zones = new Map(settings.map((row) => [row.organization_id, row.time_zone]));
      return members
        .map(({ role, organizations }) => ({
          organization: organizations,
          role,
          timeZone: zones.get(organizations.id) ?? "Europe/Moscow",
        }))
        .sort((a, b) => a.organization.name.localeCompare(b.organization.name, "ru"));
    },
  });
}

/** A published organization, or one's own. ApiError `not_found` otherwise. */
export function organizationBySlug(slug: string) {
  return queryOptions({
    queryKey: ["organization", slug],
    queryFn: ({ signal }) =>
      data(database().from("organizations").select("*").eq("slug", slug).abortSignal(signal).single()),
  });
}

/** Members only; null for anybody else. */
export function organizationSettings(organizationId: string) {
  return queryOptions({
    queryKey: ["organization-settings", organizationId],
    queryFn: ({ signal }) =>
      dataOrNull(
        database()
          .from("organization_settings")
          .select("*")
          .eq("organization_id", organizationId)
          .abortSignal(signal)
          .maybeSingle(),
      ),
  });
}

/** Throws ApiError `invalid_input` with fields `name`, `slug`, `inn`; `slug_taken`; `inn_taken`. */
export async function createOrganization(input: {
  name: string;
  slug: string;
  inn: string;
}): Promise<Organization> {
  return data(database().rpc("create_organization", input));
}

export async function updateOrganization(
  organizationId: string,
  changes: Tables["organizations"]["Update"],
): Promise<Organization> {
  return data(database().from("organizations").update(changes).eq("id", organizationId).select("*").single());
}

export async function updateOrganizationSettings(
  organizationId: string,
  changes: Tables["organization_settings"]["Update"],
): Promise<OrganizationSettings> {
  return data(
    database()
      .from("organization_settings")
      .update(changes)
      .eq("organization_id", organizationId)
      .select("*")
      .single(),
  );
}
