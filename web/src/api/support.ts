/** Writing to those who run the platform, and answering. */
import { queryOptions } from "@tanstack/react-query";
import { data, database } from "./client";
import type { Database } from "./database.types";
import { canonicalEmail } from "./emails";
import { keys } from "./keys";

type Tables = Database["public"]["Tables"];

export type SupportMessage = Tables["support_messages"]["Row"] & {
  support_answers: Pick<Tables["support_answers"]["Row"], "id" | "message" | "created_at">[];
};

/**
 * A visitor says where to answer; whoever is signed in is answered at their own address. Throws ApiError
 * `invalid_input`, `email_not_confirmed`, `too_many_requests`.
 */
export async function sendSupportMessage(input: {
  subject: string;
  message: string;
  email?: string;
  organization_id?: string;
}): Promise<{ ticket_id: string; number: number }> {
  const wish = input.email ? { ...input, email: canonicalEmail(input.email) } : input;
  return (await data(database().rpc("send_support_message", wish))) as { ticket_id: string; number: number };
}

const withAnswers = "*, support_answers(id, message, created_at)";

/** What the person wrote, newest first, with our answers. */
export function mySupportMessages(userId: string) {
  return queryOptions({
    queryKey: keys.mySupportMessages(userId),
    queryFn: ({ signal }): Promise<SupportMessage[]> =>
      data(
        database()
          .from("support_messages")
          .select(withAnswers)
          .eq("author_id", userId)
          .order("created_at", { ascending: false })
          .order("created_at", { referencedTable: "support_answers" })
          .limit(30)
          .abortSignal(signal),
      ),
  });
}

export type SupportTicket = SupportMessage & {
  organizations: Pick<Tables["organizations"]["Row"], "id" | "name"> | null;
};

/** For platform admins: one message with its answers. ApiError `not_found`. */
export function supportTicket(id: string) {
  return queryOptions({
    queryKey: keys.supportTicket(id),
    queryFn: ({ signal }): Promise<SupportTicket> =>
      data(
        database()
          .from("support_messages")
          .select(`${withAnswers}, organizations(id, name)`)
          .eq("id", id)
          .order("created_at", { referencedTable: "support_answers" })
          .abortSignal(signal)
          .single(),
      ),
  });
}

/** Goes out by e-mail. Throws ApiError `invalid_transition` when the address is forgotten. */
export async function answerSupportMessage(ticketId: string, message: string): Promise<void> {
  await data(database().rpc("answer_support_message", { ticket_id: ticketId, message }));
}
