import { queryOptions } from "@tanstack/react-query";
import { account } from "./account";
import { callFunction, data, dataOrNull, database, publicAddress } from "./client";
import type { Database } from "./database.types";
import { canonicalEmail } from "./emails";
import { upload, type OnProgress } from "./storage";
import type { DocumentKind } from "./codes";
import { keys } from "./keys";
import type { ReportKind } from "./reports";
import type { OrganizationStatus, StatusEvent } from "./statuses";
import type { StoryType } from "./stories";

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
  return queryOptions({ ...account(userId), select: ({ organizations }) => organizations });
}

/** How buyers reach an organization, as it says itself. */
export type Contacts = { phone?: string; email?: string; address?: string };

/** What anybody may know of an organization, from the first level it ever held: design.md §4. */
export type OrganizationPage = {
  id: string;
  slug: string;
  name: string;
  legal_name: string | null;
  inn: string | null;
  provenance: Record<"name" | "legal_name" | "inn", "stated" | "verified">;
  /** What level B stands on; null while it is not held. */
  verified: { at: string; documents: DocumentKind[] } | null;
  /** When the first level was given, ISO 8601; null before it: then only members see the page. */
  since: string | null;
  deleted_at: string | null;
  /** What the producer added; null when it is hidden or the organization deleted. */
  details:
    | (Pick<Organization, "description" | "category" | "region" | "website_url" | "logo_path"> & {
        contacts: Contacts | null;
      })
    | null;
  status: OrganizationStatus;
  history: StatusEvent[];
  /** The three latest that are published; none while the page is hidden. */
  stories: {
    id: string;
    story_type: StoryType;
    title: string;
    snippet: string | null;
    thumbnail_url: string | null;
    published_at: string;
  }[];
  /** Upheld and published, the newest first. */
  reports: { kind: ReportKind; outcome: "upheld"; published_at: string }[];
};

/** Published or not, deleted or not. ApiError `not_found` where no level was ever held. */
export function organizationPage(slug: string) {
  return queryOptions({
    queryKey: keys.organization(slug),
    queryFn: async ({ signal }) =>
      (await data(database().rpc("get_organization_page", { slug }).abortSignal(signal))) as OrganizationPage,
  });
}

/** Members only; null for anybody else. */
export function organizationSettings(organizationId: string) {
  return queryOptions({
    queryKey: keys.organizationSettings(organizationId),
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

/** Throws ApiError `invalid_input` with fields `name`, `legal_name`, `slug`, `inn`; `slug_taken`; `inn_taken`. */
export async function createOrganization(input: {
  name: string;
  slug: string;
  inn: string;
  legal_name: string;
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
  const { billing_email } = changes;
  return data(
    database()
      .from("organization_settings")
      .update(billing_email ? { ...changes, billing_email: canonicalEmail(billing_email) } : changes)
      .eq("organization_id", organizationId)
      .select("*")
      .single(),
  );
}

/** The address of the picture; null when the organization has none. */
export function logoAddress({ logo_path }: Pick<Organization, "logo_path">): string | null {
  return logo_path ? publicAddress("organization-logos", logo_path) : null;
}

/** Sends a picture and has it judged. Throws ApiError `too_large`; `invalid_input` with field `path`. */
export async function uploadLogo(
  organizationId: string,
  file: File,
  options: { onProgress?: OnProgress; signal?: AbortSignal },
): Promise<void> {
  const path = await upload("organization-uploads", organizationId, file, options);
  await callFunction("validate_logo", { organization_id: organizationId, path }, options.signal);
}

export async function removeLogo(organizationId: string): Promise<void> {
  // PostgREST takes null; the generated types know only that the argument is a text.
  const noLogo = null as unknown as string;
  await dataOrNull(database().rpc("set_logo", { organization_id: organizationId, logo_path: noLogo }));
}

/** Gives until when it can be undone. Throws ApiError `invalid_input` with field `confirmation`. */
export async function deleteOrganization(organizationId: string, confirmation: string): Promise<string> {
  return data(database().rpc("delete_organization", { organization_id: organizationId, confirmation }));
}

export async function restoreOrganization(organizationId: string): Promise<void> {
  await dataOrNull(database().rpc("restore_organization", { organization_id: organizationId }));
}
