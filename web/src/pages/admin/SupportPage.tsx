import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "react-router";
import { keys } from "../../api/keys";
import { answerSupportMessage, supportQueue, type SupportTicket } from "../../api/support";
import { Button } from "../../design/Button";
import { Form, TextareaField } from "../../design/Form";
import { Facts } from "../../design/Page";
import { toast } from "../../design/toast";
import { useForm } from "../../design/useForm";
import { DateTime } from "../../design/Values";
import { useTexts } from "../../i18n/dictionary";
import { supportTexts } from "../../i18n/support";
import { Queue } from "./Queue";

/** What people wrote to us: the open ones first, the oldest of them at the top. */
export function SupportPage() {
  const texts = useTexts(supportTexts);
  const t = texts.desk;
  const queue = useQuery(supportQueue());
  return (
    <Queue<SupportTicket>
      title={t.title}
      lead={t.lead}
      query={queue}
      waiting={(list) => t.waiting(list.filter(({ answered_at }) => answered_at === null).length)}
      empty={t.empty}
      emptyText={t.emptyText}
      label={t.list}
      line={({ number, subject, created_at, answered_at }) => ({
        name: `${texts.number(number)}. ${subject}`,
        note: (
          <>
            <DateTime at={created_at} /> · {answered_at ? texts.answered : texts.open}
          </>
        ),
      })}
    >
      {(ticket) => <Ticket key={ticket.id} ticket={ticket} />}
    </Queue>
  );
}

function Ticket({ ticket }: { ticket: SupportTicket }) {
  const t = useTexts(supportTexts).desk;
  return (
    <article className="grid items-start gap-x-10 gap-y-8 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
      <div className="flex min-w-0 flex-col gap-8">
        <section className="flex flex-col gap-4">
          <h2 className="text-xl wrap-anywhere">{ticket.subject}</h2>
          <Facts
            items={[
              { name: t.from, value: ticket.author_id ? t.person : t.visitor },
              { name: t.address, value: <span className="break-all">{ticket.email ?? t.forgotten}</span> },
              ...(ticket.organizations
                ? [
                    {
                      name: t.about,
                      value: (
                        <Link to={`/admin/organizations/${ticket.organizations.id}`} className="link">
                          {ticket.organizations.name}
                        </Link>
                      ),
                    },
                  ]
                : []),
              { name: t.sent, value: <DateTime at={ticket.created_at} /> },
            ]}
          />
        </section>
        <section className="flex flex-col gap-2">
          <h3 className="text-lg">{t.message}</h3>
          <p className="measure wrap-anywhere whitespace-pre-line">{ticket.message}</p>
        </section>
        {ticket.support_answers.length > 0 && (
          <section className="flex flex-col gap-3">
            <h3 className="text-lg">{t.answers}</h3>
            {ticket.support_answers.map((answer) => (
              <div key={answer.id} className="border-l-2 border-line pl-4">
                <p className="text-sm text-muted">
                  <DateTime at={answer.created_at} />
                </p>
                <p className="measure wrap-anywhere whitespace-pre-line">{answer.message}</p>
              </div>
            ))}
          </section>
        )}
      </div>
      <section className="flex flex-col gap-4 rounded-md border border-line bg-raised p-5 lg:sticky lg:top-6">
        <h3 className="text-lg">{t.replyTitle}</h3>
        {ticket.email === null && ticket.author_id === null ? (
          <p className="text-muted">{t.noAddress}</p>
        ) : (
          <Reply ticket={ticket} />
        )}
      </section>
    </article>
  );
}

function Reply({ ticket }: { ticket: SupportTicket }) {
  const t = useTexts(supportTexts).desk;
  const queries = useQueryClient();
  const form = useForm({
    draft: `support-${ticket.id}`,
    initial: { message: "" },
    check: ({ message }): { message?: string } => (message.trim() ? {} : { message: "required" }),
    submit: async ({ message }) => {
      await answerSupportMessage(ticket.id, message.trim());
      form.reset();
      toast(t.done(ticket.number));
      await queries.invalidateQueries({ queryKey: keys.supportQueue() });
    },
  });
  return (
    <Form form={form}>
      <TextareaField
        {...form.field("message")}
        label={t.reply}
        help={t.replyHelp}
        rows={8}
        maxLength={4000}
      />
      <Button type="submit" variant="primary" pending={form.pending && t.submitting}>
        {t.submit}
      </Button>
    </Form>
  );
}
