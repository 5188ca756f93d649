import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";
import { deleteOrganization } from "../../api/organizations";
import { members, transferOwnership, type Member } from "../../api/team";
import { undoDays } from "../../shared/DeletionNotice";
import { useOrganization } from "../../shared/organization";
import { useUser } from "../../shared/session";
import { Button } from "../../design/Button";
import { Form, SelectField } from "../../design/Form";
import { Section } from "../../design/Page";
import { Loaded, SkeletonLines } from "../../design/States";
import { toast } from "../../design/toast";
import { TypedConfirmDialog } from "../../design/TypedConfirmDialog";
import { useForm } from "../../design/useForm";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { organizationTexts } from "../../i18n/organizations";
import { settingsTexts } from "../../i18n/settings";
import { keys } from "../../api/keys";

export function Transfer() {
  const t = useTexts(settingsTexts).transfer;
  const user = useUser();
  const { organization } = useOrganization();
  const list = useQuery(members(organization.id));
  return (
    <Section title={t.title}>
      <p className="measure text-muted">{t.text}</p>
      <Loaded query={list} skeleton={<SkeletonLines count={2} />}>
        {(everybody) => {
          const others = everybody.filter(({ userId }) => userId !== user.id);
          return others.length === 0 ? <p>{t.nobody}</p> : <TransferForm others={others} />;
        }}
      </Loaded>
    </Section>
  );
}

function TransferForm({ others }: { others: readonly Member[] }) {
  const texts = useTexts(settingsTexts);
  const t = texts.transfer;
  const roles = useTexts(organizationTexts).role;
  const { organization } = useOrganization();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [heir, setHeir] = useState<Member>();
  const nameOf = (member: Member) => member.name || texts.people.nameless;
  const form = useForm({
    initial: { to: "" },
    check: ({ to }): { to?: string } => (to ? {} : { to: "required" }),
    submit: ({ to }) => {
      setHeir(others.find(({ userId }) => userId === to));
      return Promise.resolve();
    },
  });
  return (
    <>
      <Form form={form} className="max-w-xl">
        <SelectField
          {...form.field("to")}
          label={t.to}
          explain={{ required: t.choose }}
          options={[
            { value: "", label: t.choose },
            ...others.map((member) => ({
              value: member.userId,
              label: `${nameOf(member)}, ${roles[member.role]}`,
            })),
          ]}
        />
        <Button type="submit" className="self-stretch sm:self-start">
          {t.action}
        </Button>
      </Form>
      <TypedConfirmDialog
        open={heir !== undefined}
        onClose={() => setHeir(undefined)}
        title={heir ? t.confirmTitle(organization.name, nameOf(heir)) : ""}
        label={t.confirmLabel}
        help={t.confirmHelp(organization.name)}
        expected={organization.name}
        mismatch={t.mismatch}
        action={t.confirmAction}
        pendingText={t.pending}
        onConfirm={async () => {
          if (!heir) return;
          await transferOwnership(organization.id, heir.userId);
          toast(t.done(nameOf(heir)));
          await navigate("/dashboard/organization/people"); // there it is seen, and here is nothing more to do
          await Promise.all([
            queries.invalidateQueries({ queryKey: keys.members(organization.id) }),
            queries.invalidateQueries({ queryKey: keys.account() }),
          ]);
        }}
      >
        {t.text}
      </TypedConfirmDialog>
    </>
  );
}

export function Deletion() {
  const t = useTexts(settingsTexts).deletion;
  const { organization, timeZone } = useOrganization();
  const queries = useQueryClient();
  const { date } = useFormats(timeZone);
  const [isAsking, setAsking] = useState(false);
  const [until] = useState(() => new Date(Date.now() + undoDays * 86_400_000));
  // Twelve digits are a person's, whose name and INN do not stay (sql/85_organization_deletion.sql).
  const isPerson = organization.inn?.length === 12;
  return (
    <Section title={t.title}>
      <p className="measure">{t.text}</p>
      <div className="grid gap-x-8 gap-y-4 sm:grid-cols-3">
        {(
          [
            [t.atOnce, t.atOnceList],
            [t.later, isPerson ? [...t.laterList, t.laterPerson] : t.laterList],
            [t.stays, [...t.staysList, isPerson ? t.staysPerson : t.staysCompany]],
          ] as const
        ).map(([title, lines]) => (
          <div key={title} className="flex flex-col gap-1">
            <h3 className="font-semibold">{title}</h3>
            <ul className="flex flex-col gap-1.5 text-muted">
              {lines.map((line) => (
                <li key={line}>{line}</li>
              ))}
            </ul>
          </div>
        ))}
      </div>
      <div>
        <Button variant="danger" onClick={() => setAsking(true)}>
          {t.action}
        </Button>
      </div>
      <TypedConfirmDialog
        open={isAsking}
        onClose={() => setAsking(false)}
        title={t.confirmTitle(organization.name)}
        label={t.confirmLabel}
        help={t.confirmHelp(organization.slug)}
        expected={organization.slug}
        mismatch={t.not_the_address}
        action={t.action}
        pendingText={t.pending}
        onConfirm={async () => {
          await deleteOrganization(organization.id, organization.slug);
          toast(t.done);
          // Cards are forgotten and the page is closed: nothing that was read before holds.
          await queries.invalidateQueries();
        }}
      >
        {t.confirmText(date(until))}
      </TypedConfirmDialog>
    </Section>
  );
}
