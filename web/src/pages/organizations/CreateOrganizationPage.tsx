import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";
import { ApiError, asApiError } from "../../api/errors";
import { createOrganization } from "../../api/organizations";
import { chooseOrganization } from "../../shared/organization";
import { Button, ButtonLink } from "../../design/Button";
import { Form, TextField } from "../../design/Form";
import { Notice } from "../../design/Notice";
import { PageHeader } from "../../design/Page";
import { toast } from "../../design/toast";
import { useForm } from "../../design/useForm";
import { claimTexts } from "../../i18n/claims";
import { useTexts } from "../../i18n/dictionary";
import { organizationTexts } from "../../i18n/organizations";
import { cleanInn, isInn } from "./inn";
import { cleanSlug, proposeSlug, slugLength } from "./slug";
import { keys } from "../../api/keys";

/** Founding an organization: four lines. The database decides; what is checked here only saves a trip. */
export function CreateOrganizationPage() {
  const t = useTexts(organizationTexts);
  const c = useTexts(claimTexts);
  const navigate = useNavigate();
  const queries = useQueryClient();

  const form = useForm({
    initial: { name: "", legal_name: "", slug: "", inn: "" },
    draft: "organization",
    check: (values) => ({
      ...(values.name.trim() === "" && { name: "required" }),
      ...(values.legal_name.trim() === "" && { legal_name: "required" }),
      ...(values.slug === ""
        ? { slug: "required" }
        : values.slug.length < slugLength.min && { slug: "invalid_slug" }),
      ...(values.inn === "" ? { inn: "required" } : !isInn(values.inn) && { inn: "invalid_inn" }),
    }),
    submit: async (values) => {
      const organization = await createOrganization(values).catch(besideTheField);
      // Removed, not only marked as stale: a list without the new organization would lead straight back here.
      queries.removeQueries({ queryKey: keys.account() });
      chooseOrganization(organization.id);
      toast(t.create.created(organization.name));
      await navigate("/dashboard");
    },
  });

  // The address follows the name until somebody writes it by hand. A restored draft may already hold one of those.
  const [isSlugOwn, setSlugOwn] = useState(() => form.values.slug !== proposeSlug(form.values.name));
  const name = form.field("name");
  const slug = form.field("slug");
  const inn = form.field("inn");

  return (
    <div className="flex max-w-xl flex-col gap-8">
      <PageHeader title={t.create.title} lead={t.create.lead} />
      <Form form={form}>
        <TextField
          {...name}
          label={t.create.name}
          help={t.create.nameHelp}
          explain={t.field}
          autoComplete="organization"
          maxLength={80}
          onChange={(value) =>
            form.change(isSlugOwn ? { name: value } : { name: value, slug: proposeSlug(value) })
          }
        />
        <TextField
          {...form.field("legal_name")}
          label={t.create.legalName}
          help={t.create.legalNameHelp}
          explain={t.field}
          autoComplete="off"
          maxLength={80}
        />
        <TextField
          {...slug}
          label={t.create.slug}
          help={t.create.slugHelp}
          explain={t.field}
          prefix="/organizations/"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          onChange={(value) => {
            // Emptied: it may follow the name again.
            setSlugOwn(value !== "");
            slug.onChange(cleanSlug(value));
          }}
        />
        <TextField
          {...inn}
          label={t.create.inn}
          help={t.create.innHelp}
          explain={t.field}
          inputMode="numeric"
          autoComplete="off"
          digits
          onChange={(value) => inn.onChange(cleanInn(value).slice(0, 12))}
        />
        {form.errors.inn === "inn_taken" && (
          <Notice
            title={c.offer}
            action={
              <ButtonLink to={`/dashboard/organizations/claim?inn=${form.values.inn}`} size="small">
                {c.offerAction}
              </ButtonLink>
            }
          >
            {c.offerText}
          </Notice>
        )}
        <Button
          type="submit"
          variant="primary"
          pending={form.pending && t.create.submitting}
          className="sm:self-start"
        >
          {t.create.submit}
        </Button>
      </Form>
    </div>
  );
}

/** «Taken» is about one field, so it is said there. */
function besideTheField(error: unknown): never {
  const failure = asApiError(error);
  const field = { slug_taken: "slug", inn_taken: "inn" }[failure.code as string];
  if (!field) throw failure;
  throw new ApiError("invalid_input", { status: failure.status, fields: [{ field, code: failure.code }] });
}
