import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useParams } from "react-router";
import { activeLevels, grantLevel, organizationById, revokeLevel, type LevelRow } from "../../api/admin";
import { asApiError } from "../../api/errors";
import type { Organization } from "../../api/organizations";
import { organizationStatus, statusHistory, type HeldLevel, type StatusLevel } from "../../api/statuses";
import { Button } from "../../design/Button";
import { AskDialog, Dialog } from "../../design/Dialog";
import { Form, SelectField, TextareaField } from "../../design/Form";
import { Notice } from "../../design/Notice";
import { Facts, PageHeader, Section } from "../../design/Page";
import { ErrorState, Loaded, SkeletonLines } from "../../design/States";
import { toast } from "../../design/toast";
import { useForm } from "../../design/useForm";
import { DateTime } from "../../design/Values";
import { adminTexts } from "../../i18n/admin";
import { common } from "../../i18n/common";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { organizationTexts } from "../../i18n/organizations";
import { statusTexts } from "../../i18n/status";
import { LevelHeld } from "../../status/LevelHeld";
import { StatusTimeline } from "../../status/StatusTimeline";
import { NotFoundPage } from "../NotFoundPage";
import { dayMistake, termEnd, termZone, type Term } from "./term";
import { TermFields } from "./TermFields";
import { keys } from "../../api/keys";

/** One organization: what it holds, what happened, and granting and revoking. */
export function OrganizationPage() {
  const { id = "" } = useParams();
  const organization = useQuery(organizationById(id));
  if (organization.data) return <Sheet key={id} organization={organization.data} />;
  if (!organization.isError) return <SkeletonLines count={8} />;
  // An id that is no id is refused as wrong input; either way there is no such page.
  return ["not_found", "invalid_input"].includes(asApiError(organization.error).code) ? (
    <NotFoundPage />
  ) : (
    <ErrorState error={organization.error} retry={() => void organization.refetch()} />
  );
}

function Sheet({ organization }: { organization: Organization }) {
  const texts = useTexts(adminTexts);
  const t = texts.one;
  const o = useTexts(organizationTexts).public;
  const s = useTexts(statusTexts);
  const status = useQuery(organizationStatus(organization.id));
  const rows = useQuery(activeLevels([organization.id]));
  const history = useQuery(statusHistory(organization.id));
  return (
    <div className="flex max-w-3xl flex-col gap-10">
      <PageHeader
        title={organization.name}
        trail={[{ to: "/admin/organizations", label: texts.find.title }]}
        state={
          organization.deletion_requested_at ? (
            <p className="text-bad">{t.deleting}</p>
          ) : (
            !organization.is_published && <p className="text-muted">{t.hidden}</p>
          )
        }
      />
      <Facts
        items={[
          ...(organization.legal_name ? [{ name: o.legalName, value: organization.legal_name }] : []),
          { name: o.inn, value: organization.inn },
          {
            name: texts.find.slug,
            value: (
              <Link to={`/organizations/${organization.slug}`} className="link break-all">
                {organization.slug}
              </Link>
            ),
          },
          { name: o.since, value: <DateTime at={organization.created_at} show="date" /> },
        ]}
      />
      <Section title={t.levels} className="gap-6">
        <Loaded query={status} skeleton={<SkeletonLines count={4} />}>
          {({ levels }) =>
            levels.length === 0 ? (
              <p className="text-muted">{t.none}</p>
            ) : (
              <ul className="flex flex-col gap-8">
                {levels.map((held) => (
                  <Held
                    key={held.level}
                    held={held}
                    row={rows.data?.find(({ level }) => level === held.level)}
                    organization={organization}
                  />
                ))}
              </ul>
            )
          }
        </Loaded>
      </Section>
      <Section title={t.grant}>
        <Loaded query={rows} skeleton={<SkeletonLines count={4} />}>
          {(held) => <GrantForm organization={organization} held={held} />}
        </Loaded>
      </Section>
      <Section title={s.history.title}>
        <Loaded query={history} skeleton={<SkeletonLines count={4} />}>
          {(events) => <StatusTimeline events={events} timeZone={termZone} />}
        </Loaded>
      </Section>
    </div>
  );
}

/** What buyers see changed: everything that is shown of it is asked again. */
function useRefresh({ id }: Organization) {
  const queries = useQueryClient();
  return () =>
    Promise.all(
      [keys.status(id), keys.statusHistory(id), keys.adminLevels()].map((queryKey) =>
        queries.invalidateQueries({ queryKey }),
      ),
    );
}

function Held({
  held,
  row,
  organization,
}: {
  held: HeldLevel;
  row: LevelRow | undefined;
  organization: Organization;
}) {
  const t = useTexts(adminTexts).one;
  const [isRevoking, setRevoking] = useState(false);
  return (
    <li className="flex flex-col gap-3">
      <LevelHeld held={held} timeZone={termZone} />
      <div className="flex flex-wrap items-center gap-3">
        <Button size="small" onClick={() => setRevoking(true)}>
          {t.revoke(held.level)}
        </Button>
        {row?.subscription_id && <span className="text-sm text-muted">{t.bySubscription}</span>}
      </div>
      <Dialog
        open={isRevoking}
        onClose={() => setRevoking(false)}
        title={t.revokeTitle(held.level, organization.name)}
      >
        <p>
          {t.revokeText} {row?.subscription_id && t.revokeTextB}
        </p>
        <RevokeForm level={held.level} organization={organization} onClose={() => setRevoking(false)} />
      </Dialog>
    </li>
  );
}

function RevokeForm({
  level,
  organization,
  onClose,
}: {
  level: StatusLevel;
  organization: Organization;
  onClose: () => void;
}) {
  const t = useTexts(adminTexts).one;
  const c = useTexts(common);
  const refresh = useRefresh(organization);
  const form = useForm({
    draft: `revoke-${organization.id}-${level}`,
    initial: { reason: "" },
    check: ({ reason }): { reason?: string } => (reason.trim() ? {} : { reason: "required" }),
    submit: async ({ reason }) => {
      await revokeLevel({ organization_id: organization.id, level, reason: reason.trim() });
      toast(t.revoked(level));
      onClose();
      await refresh();
    },
  });
  return (
    <Form form={form}>
      <TextareaField {...form.field("reason")} label={t.reason} help={t.reasonHelp} maxLength={1000} />
      <div className="flex flex-col-reverse gap-3 sm:flex-row sm:justify-end">
        <Button onClick={onClose}>{c.cancel}</Button>
        <Button type="submit" variant="danger" pending={form.pending && t.revoking}>
          {t.revoke(level)}
        </Button>
      </div>
    </Form>
  );
}

function GrantForm({ organization, held }: { organization: Organization; held: readonly LevelRow[] }) {
  const t = useTexts(adminTexts).one;
  const s = useTexts(statusTexts);
  const { date } = useFormats(termZone);
  const refresh = useRefresh(organization);
  const [isAsking, setAsking] = useState(false);
  const form = useForm({
    draft: `grant-${organization.id}`,
    initial: { level: "B", term: "12", day: "", notes: "" },
    check: ({ term, day }): { day?: string } => {
      const mistake = dayMistake(term as Term, day);
      return mistake ? { day: mistake } : {};
    },
    submit: () => {
      if (!obstacle) setAsking(true);
      return Promise.resolve();
    },
  });
  const { term, day, notes } = form.values;
  const level = form.values.level as StatusLevel;
  const row = held.find((each) => each.level === level);
  const obstacle = row?.subscription_id
    ? t.subscriptionHolds
    : level === "C" && !held.some((each) => each.level === "A" || each.level === "B")
      ? t.cNeedsPaid
      : undefined;
  const until = termEnd(term as Term, day);
  return (
    <>
      <Form form={form} className="max-w-xl">
        <SelectField
          {...form.field("level")}
          label={t.level}
          options={(["B", "C", "A", "0"] as const).map((value) => ({
            value,
            label: `${value} · ${s.name[value]}`,
          }))}
        />
        {obstacle ? (
          <Notice kind="warning">{obstacle}</Notice>
        ) : (
          <>
            {row && <Notice>{t.changes}</Notice>}
            <TermFields term={form.field("term")} day={form.field("day")} />
            <TextareaField
              {...form.field("notes")}
              label={t.note}
              help={t.noteHelp}
              optional
              rows={2}
              maxLength={500}
            />
            <Button type="submit" variant="primary" className="self-stretch sm:self-start">
              {t.grantAction}
            </Button>
          </>
        )}
      </Form>
      <AskDialog
        open={isAsking}
        onClose={() => setAsking(false)}
        title={t.grantTitle(level, organization.name)}
        action={t.grantAction}
        pendingText={t.granting}
        onConfirm={async () => {
          await grantLevel({
            organization_id: organization.id,
            level,
            valid_until: until,
            notes: notes.trim(),
          });
          form.reset();
          toast(t.granted(level));
          await refresh();
        }}
      >
        {until ? t.grantText(date(until)) : t.grantTextEndless}
      </AskDialog>
    </>
  );
}
