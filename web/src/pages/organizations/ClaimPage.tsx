import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useSearchParams } from "react-router";
import { claimOrganization, myClaims, type Claim } from "../../api/claims";
import { keys } from "../../api/keys";
import { Button, ButtonLink } from "../../design/Button";
import { Form, TextareaField, TextField } from "../../design/Form";
import { PageHeader, Section } from "../../design/Page";
import { Loaded, SkeletonLines } from "../../design/States";
import { toast } from "../../design/toast";
import { useForm } from "../../design/useForm";
import { DateTime } from "../../design/Values";
import { claimTexts } from "../../i18n/claims";
import { common } from "../../i18n/common";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { organizationTexts } from "../../i18n/organizations";
import { useUser } from "../../shared/session";
import { EvidenceField } from "../status/EvidenceField";
import { evidenceMistake, useEvidence } from "../status/useEvidence";
import { cleanInn, isInn } from "./inn";

/** Saying that an INN, under which another organization stands, is one's own; and what became of it. */
export function ClaimPage() {
  const t = useTexts(claimTexts);
  const o = useTexts(organizationTexts);
  return (
    <div className="flex max-w-xl flex-col gap-10">
      <PageHeader
        title={t.title}
        lead={t.lead}
        trail={[{ to: "/dashboard/organizations/new", label: o.create.title }]}
      />
      <ClaimForm />
      <Mine />
    </div>
  );
}

function ClaimForm() {
  const t = useTexts(claimTexts);
  const user = useUser();
  const queries = useQueryClient();
  const [parameters] = useSearchParams();
  const asked = cleanInn(parameters.get("inn") ?? "");
  const files = useEvidence({ folder: `claims/${user.id}`, organization_id: null }, "claim-evidence");
  const form = useForm({
    draft: "claim",
    initial: { inn: asked, legal_name: "", message: "", files: "" },
    check: ({ inn, legal_name, message }) => ({
      ...(inn === "" ? { inn: "required" } : !isInn(inn) && { inn: "invalid_inn" }),
      ...(legal_name.trim() === "" && { legal_name: "required" }),
      ...(message.trim() === "" && { message: "required" }),
      ...evidenceMistake(files, true),
    }),
    submit: async ({ inn, legal_name, message }) => {
      await claimOrganization({
        inn,
        legal_name: legal_name.trim(),
        message: message.trim(),
        evidence_paths: files.paths,
      });
      files.clear();
      form.reset({ inn: "", legal_name: "", message: "", files: "" });
      toast(t.sent);
      await queries.invalidateQueries({ queryKey: keys.myClaims(user.id) });
    },
  });
  const inn = form.field("inn");
  return (
    <Form
      form={form}
      explain={{
        not_found: t.notTaken,
        invalid_transition: t.own,
        request_pending: t.pending,
        too_many_requests: t.tooMany,
      }}
    >
      <TextField
        {...inn}
        label={t.inn}
        inputMode="numeric"
        autoComplete="off"
        digits
        onChange={(value) => inn.onChange(cleanInn(value).slice(0, 12))}
      />
      <TextField
        {...form.field("legal_name")}
        label={t.legalName}
        help={t.legalNameHelp}
        autoComplete="off"
        maxLength={80}
      />
      <TextareaField
        {...form.field("message")}
        label={t.message}
        help={t.messageHelp}
        rows={5}
        maxLength={4000}
      />
      <EvidenceField {...form.field("files")} files={files} />
      <div className="flex flex-col gap-2">
        <Button
          type="submit"
          variant="primary"
          pending={form.pending && t.submitting}
          className="self-stretch sm:self-start"
        >
          {t.submit}
        </Button>
        <p className="text-sm text-muted">{t.draft}</p>
      </div>
    </Form>
  );
}

function Mine() {
  const t = useTexts(claimTexts);
  const user = useUser();
  const claims = useQuery(myClaims(user.id));
  return (
    <Section title={t.mine}>
      <Loaded query={claims} skeleton={<SkeletonLines count={3} />}>
        {(list) =>
          list.length === 0 ? (
            <p className="text-muted">{t.none}</p>
          ) : (
            <ul className="flex flex-col border-t border-line">
              {list.map((claim) => (
                <li key={claim.id} className="flex flex-col gap-2 border-b border-line py-3">
                  <State claim={claim} />
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Section>
  );
}

/** A freed INN is its claimant's alone for so many days (sql/53_claims.sql). */
const reservedDays = 30;

function State({ claim }: { claim: Claim }) {
  const t = useTexts(claimTexts);
  const c = useTexts(common);
  const { date } = useFormats();
  const state = claim.outcome ?? claim.status;
  const until =
    claim.outcome === "inn_freed" && claim.reviewed_at
      ? new Date(Date.parse(claim.reviewed_at) + reservedDays * 86_400_000)
      : undefined;
  return (
    <>
      <p className="flex flex-wrap items-baseline gap-x-3">
        <span className="font-medium">{t.of(claim.inn)}</span>
        <span>{t.state[state as keyof typeof t.state]}</span>
        <span className="text-sm text-muted">
          <DateTime at={claim.reviewed_at ?? claim.created_at} show="date" />
        </span>
      </p>
      {claim.review_comment && (
        <p className="measure wrap-anywhere whitespace-pre-line text-muted">
          {t.comment(claim.review_comment)}
        </p>
      )}
      {until && <p>{t.freedText(date(until))}</p>}
      {claim.outcome === "inn_freed" && (
        <div>
          <ButtonLink to="/dashboard/organizations/new" size="small">
            {t.create}
          </ButtonLink>
        </div>
      )}
      {claim.outcome === "handed_over" && (
        <div>
          <ButtonLink to="/dashboard" size="small">
            {t.handedOver}
          </ButtonLink>
        </div>
      )}
      {claim.status === "rejected" && (
        <div>
          <ButtonLink to="/support" size="small" variant="quiet">
            {c.writeToUs}
          </ButtonLink>
        </div>
      )}
    </>
  );
}
