import { useQueryClient } from "@tanstack/react-query";
import { CircleCheck, Clock, type LucideIcon } from "lucide-react";
import { useMemo } from "react";
import { Link } from "react-router";
import type { FoundTicket } from "../../api/desk";
import { keys } from "../../api/keys";
import { answerSupportMessage, supportTicket, type SupportTicket } from "../../api/support";
import { Button } from "../../design/Button";
import { CellLink, type DataColumn } from "../../design/DataTable";
import { Form, TextareaField } from "../../design/Form";
import { Facts, PageHeader } from "../../design/Page";
import { Pill, type Tone } from "../../design/Pill";
import { toast } from "../../design/toast";
import { useForm } from "../../design/useForm";
import { DateTime } from "../../design/Values";
import { deskTexts } from "../../i18n/desk";
import { useTexts } from "../../i18n/dictionary";
import { supportTexts } from "../../i18n/support";
import { DeskChoice, DeskFilterBar } from "./DeskFilterBar";
import { DeskList } from "./DeskList";
import { Queue } from "./Queue";
import { useDeskFilters } from "./useDeskFilters";

const statuses = ["open", "answered"] as const;
const looks: Record<(typeof statuses)[number], { tone: Tone; icon: LucideIcon }> = {
  open: { tone: "waits", icon: Clock },
  answered: { tone: "good", icon: CircleCheck },
};
const path = "/admin/support";

/** What people wrote to us: open ones first, the oldest at the top; the one in view stands in the address. */
export function SupportPage() {
  const t = useTexts(supportTexts).desk;
  return (
    <Queue title={t.title} path={path} list={<List />} one={supportTicket}>
      {(ticket) => <Ticket ticket={ticket} />}
    </Queue>
  );
}

function List() {
  const texts = useTexts(supportTexts);
  const t = texts.desk;
  const d = useTexts(deskTexts);
  const filters = useDeskFilters();
  const status = filters.choice("status", statuses) ?? "open";
  const columns = useMemo(
    (): DataColumn<FoundTicket>[] => [
      {
        key: "subject",
        title: d.column.subject,
        phone: "title",
        text: ({ number, subject }) => `${texts.number(number)}. ${subject}`,
        cell: ({ id, number, subject }) => (
          <CellLink to={`${path}?request=${id}`}>{`${texts.number(number)}. ${subject}`}</CellLink>
        ),
      },
      {
        key: "from",
        title: d.column.from,
        width: "w-40",
        phone: "note",
        text: ({ is_visitor }) => (is_visitor ? d.visitor : d.person),
        cell: ({ is_visitor }) => (is_visitor ? d.visitor : d.person),
      },
      {
        key: "organization",
        title: d.column.organization,
        wide: true,
        text: ({ organization }) => organization ?? "",
        cell: ({ organization }) => organization ?? "—",
      },
      {
        key: "written",
        title: status === "open" ? d.column.written : d.column.answered,
        sort: { kind: "time" },
        width: "w-44",
        phone: "end",
        text: (each) => (status === "open" ? each.created_at : (each.answered_at ?? "")),
        cell: (each) => (
          <DateTime at={(status === "open" ? null : each.answered_at) ?? each.created_at} show="date" />
        ),
      },
      {
        key: "status",
        title: d.column.status,
        width: "w-40",
        phone: "aside",
        text: ({ answered_at }) => d.ticketStatus[answered_at ? "answered" : "open"],
        cell: ({ answered_at }) => {
          const status = answered_at ? "answered" : "open";
          return <Pill {...looks[status]}>{d.ticketStatus[status]}</Pill>;
        },
      },
    ],
    [texts, d, status],
  );
  return (
    <div className="flex flex-col gap-6">
      <PageHeader title={t.title} lead={t.lead} />
      <DeskFilterBar filters={filters} help={d.supportHelp}>
        <DeskChoice
          filters={filters}
          name="status"
          label={d.status}
          choices={statuses.map((value) => ({ value, label: d.ticketStatus[value] }))}
        />
      </DeskFilterBar>
      <DeskList
        name="admin_support"
        asked={{ ...filters.asked, status }}
        caption={t.list}
        columns={columns}
        usual={status === "open" ? "oldest" : "newest"}
        file="support"
        empty={{ title: t.empty, text: t.emptyText }}
        reset={filters.isNarrowed ? path : undefined}
      />
    </div>
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
      await Promise.all(
        [keys.supportTicket(ticket.id), keys.deskList("admin_support")].map((queryKey) =>
          queries.invalidateQueries({ queryKey }),
        ),
      );
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
