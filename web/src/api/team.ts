/** Who belongs to an organization, who is invited, and who goes. */
import { queryOptions } from "@tanstack/react-query";
import { data, dataOrNull, database } from "./client";
import { canonicalEmail } from "./emails";
import type { OrganizationRole } from "./organizations";
import { keys } from "./keys";

export type Member = {
  userId: string;
  /** Empty when the person has not said. */
  name: string;
  role: OrganizationRole;
  joinedAt: string;
};

export type Invitation = {
  id: string;
  email: string;
  role: OrganizationRole;
  /** ISO 8601; it may be over already. */
  expires_at: string;
  /** `failed`: the e-mail reached nobody, and is not tried again. */
  email_state: string;
};

const roleOrder: readonly OrganizationRole[] = ["owner", "admin", "editor", "viewer"];

/** Everybody in the organization, the highest role first; for its members. */
export function members(organizationId: string) {
  return queryOptions({
    queryKey: keys.members(organizationId),
    queryFn: async ({ signal }): Promise<Member[]> => {
      const rows = await data(
        database()
          .from("organization_members")
          .select("user_id, role, joined_at, profiles(full_name)")
          .eq("organization_id", organizationId)
          .order("joined_at")
          .abortSignal(signal),
      );
      return rows
        .map((row) => ({
          userId: row.user_id,
          name: row.profiles.full_name,
          role: row.role,
          joinedAt: row.joined_at,
        }))
        .sort((a, b) => roleOrder.indexOf(a.role) - roleOrder.indexOf(b.role));
    },
  });
}

/** Invitations nobody has accepted yet, those that ran out included; for admins and owners. */
export function openInvitations(organizationId: string) {
  return queryOptions({
    queryKey: keys.invitations(organizationId),
    queryFn: ({ signal }): Promise<Invitation[]> =>
      data(
        database()
          .from("organization_invitations")
          .select("id, email, role, expires_at, email_state")
          .eq("organization_id", organizationId)
          .is("accepted_at", null)
          .order("created_at", { ascending: false })
          .abortSignal(signal),
      ),
  });
}

/**
 * Sends an invitation; again: a new e-mail, and the earlier link stops working. The token is said this once.
 * Throws ApiError `invalid_input` with field `email`; `not_allowed` for a role not below one's own;
 * `plan_limit_reached` when members and open invitations fill the plan.
 */
export async function inviteMember(input: {
  organization_id: string;
  email: string;
  role: OrganizationRole;
}): Promise<{ invitation_id: string; token: string; expires_at: string }> {
  const answer = await data(
    database().rpc("invite_member", { ...input, email: canonicalEmail(input.email) }),
  );
  return answer as { invitation_id: string; token: string; expires_at: string };
}

export async function revokeInvitation(invitationId: string): Promise<void> {
  await dataOrNull(database().rpc("revoke_invitation", { invitation_id: invitationId }));
}

/** What somebody is called to. */
export type InvitationToMe = {
  organization: string;
  role: OrganizationRole;
  /** Null when that person is gone; empty when they have not said their name. */
  invited_by: string | null;
  /** ISO 8601. */
  expires_at: string;
};

/** For whom it was sent to; others get ApiError `not_found`. Also `invitation_used`, `invitation_expired`. */
export function invitationToMe(token: string, userId: string) {
  return queryOptions({
    queryKey: keys.invitation(token, userId),
    queryFn: async ({ signal }) =>
      (await data(database().rpc("get_invitation", { token }).abortSignal(signal))) as InvitationToMe,
  });
}

/** Gives the organization's id. Throws ApiError `not_found`, `invitation_used`, `invitation_expired`, `plan_limit_reached`. */
export async function acceptInvitation(token: string): Promise<string> {
  return (await data(database().rpc("accept_invitation", { token }))).organization_id;
}

export async function changeMemberRole(input: {
  organization_id: string;
  user_id: string;
  role: OrganizationRole;
}): Promise<void> {
  await data(database().rpc("change_member_role", input));
}

/** Removes somebody, or leaves. Throws ApiError `last_owner`. */
export async function removeMember(organizationId: string, userId: string): Promise<void> {
  await dataOrNull(database().rpc("remove_member", { organization_id: organizationId, user_id: userId }));
}

export async function transferOwnership(organizationId: string, userId: string): Promise<void> {
  await dataOrNull(
    database().rpc("transfer_ownership", { organization_id: organizationId, user_id: userId }),
  );
}
