import { useQueryClient } from "@tanstack/react-query";
import { canonicalEmail } from "../../api/emails";
import { updateOrganization, type Contacts, type Organization } from "../../api/organizations";
import { Button } from "../../design/Button";
import { CheckboxField, Form, TextareaField, TextField } from "../../design/Form";
import { Facts } from "../../design/Page";
import { toast } from "../../design/toast";
import { useForm } from "../../design/useForm";
import { common } from "../../i18n/common";
import { useTexts } from "../../i18n/dictionary";
import { settingsTexts } from "../../i18n/settings";
import { keys } from "../../api/keys";
import { emailMistake } from "../auth/checks";

// The limits of the database's own checks, said before anything is sent.
const longest = {
  name: 80,
  legalName: 80,
  description: 5000,
  category: 80,
  region: 80,
  website: 300,
  contact: 200,
};
const webAddress = /^https?:\/\/[^\s"<>/?#@\\]+\.[^\s"<>/?#@\\]+([/?#][^\s"<>]*)?$/i; // private.is_http_url

/** `isVerified`: level B is held, and the names are not the form's to change (NameChange.tsx). */
export function ProfileForm({
  organization,
  isVerified,
}: {
  organization: Organization;
  isVerified: boolean;
}) {
  const t = useTexts(settingsTexts).profile;
  const c = useTexts(common);
  const queries = useQueryClient();
  const contacts = contactsOf(organization);
  const form = useForm({
    draft: `profile-${organization.id}`,
    initial: {
      name: organization.name,
      legalName: organization.legal_name ?? "",
      description: organization.description ?? "",
      category: organization.category ?? "",
      region: organization.region ?? "",
      website: organization.website_url ?? "",
      phone: contacts.phone ?? "",
      email: contacts.email ?? "",
      address: contacts.address ?? "",
      published: organization.is_published,
    },
    check: (values) => {
      const name = values.name.trim();
      const email = values.email.trim() && emailMistake(values.email);
      return {
        ...(!isVerified && (name === "" ? { name: "required" } : name.length < 2 && { name: "too_short" })),
        ...(values.website.trim() !== "" &&
          !webAddress.test(withScheme(values.website)) && { website: "invalid_url" }),
        ...(email && { email }),
      };
    },
    submit: async (values) => {
      await updateOrganization(organization.id, {
        ...(isVerified ? {} : { name: values.name.trim(), legal_name: orNull(values.legalName) }),
        description: orNull(values.description),
        category: orNull(values.category),
        region: orNull(values.region),
        website_url: orNull(withScheme(values.website)),
        contacts: ways({
          phone: values.phone.trim(),
          email: canonicalEmail(values.email),
          address: values.address.trim(),
        }),
        is_published: values.published,
      });
      await Promise.all([
        queries.invalidateQueries({ queryKey: keys.account() }),
        queries.invalidateQueries({ queryKey: keys.organization(organization.slug) }),
      ]);
      toast(c.saved);
    },
  });
  const isLeaving = organization.deletion_requested_at !== null;
  return (
    <Form form={form} className="max-w-xl">
      {!isVerified && (
        <>
          <TextField
            {...form.field("name")}
            label={t.name}
            help={t.nameHelp}
            autoComplete="organization"
            maxLength={longest.name}
          />
          <TextField
            {...form.field("legalName")}
            label={t.legalName}
            help={t.legalNameHelp}
            optional
            autoComplete="off"
            maxLength={longest.legalName}
          />
        </>
      )}
      <TextareaField
        {...form.field("description")}
        label={t.description}
        help={t.descriptionHelp}
        optional
        rows={6}
        maxLength={longest.description}
      />
      <div className="grid gap-5 sm:grid-cols-2">
        <TextField
          {...form.field("category")}
          label={t.category}
          help={t.categoryHelp}
          optional
          maxLength={longest.category}
        />
        <TextField
          {...form.field("region")}
          label={t.region}
          optional
          autoComplete="address-level1"
          maxLength={longest.region}
        />
      </div>
      <TextField
        {...form.field("website")}
        label={t.website}
        optional
        inputMode="url"
        autoComplete="url"
        autoCapitalize="none"
        spellCheck={false}
        placeholder="paseka.ru"
        maxLength={longest.website}
      />
      <div className="grid gap-5 sm:grid-cols-2">
        <TextField
          {...form.field("phone")}
          label={t.phone}
          help={t.contactHelp}
          optional
          type="tel"
          autoComplete="tel"
          maxLength={longest.contact}
        />
        <TextField
          {...form.field("email")}
          label={t.email}
          help={t.contactHelp}
          optional
          type="email"
          autoComplete="email"
          maxLength={longest.contact}
        />
      </div>
      <TextField
        {...form.field("address")}
        label={t.address}
        help={t.addressHelp}
        optional
        autoComplete="street-address"
        maxLength={longest.contact}
      />
      <CheckboxField
        {...form.field("published")}
        label={t.published}
        help={t.publishedHelp}
        disabled={isLeaving}
      />
      <p className="text-sm text-muted">{t.fixed}</p>
      <Button
        type="submit"
        variant="primary"
        pending={form.pending && c.saving}
        className="self-stretch sm:self-start"
      >
        {c.save}
      </Button>
    </Form>
  );
}

/** The same for those who may only look. */
export function ProfileFacts({ organization }: { organization: Organization }) {
  const texts = useTexts(settingsTexts);
  const t = texts.profile;
  const contacts = contactsOf(organization);
  const said = (value: string | null | undefined) => value ?? <span className="text-muted">{t.empty}</span>;
  return (
    <div className="flex flex-col gap-4">
      <p>{organization.is_published ? t.isPublished : t.isHidden}.</p>
      <Facts
        items={[
          { name: t.name, value: organization.name },
          { name: t.legalName, value: said(organization.legal_name) },
          { name: t.inn, value: organization.inn },
          { name: t.category, value: said(organization.category) },
          { name: t.region, value: said(organization.region) },
          {
            name: t.website,
            value: <span className="break-all">{said(organization.website_url)}</span>,
          },
          { name: t.phone, value: said(contacts.phone) },
          { name: t.email, value: <span className="wrap-anywhere">{said(contacts.email)}</span> },
          { name: t.address, value: <span className="wrap-anywhere">{said(contacts.address)}</span> },
          {
            name: t.description,
            value: <span className="whitespace-pre-line">{said(organization.description)}</span>,
          },
        ]}
      />
      <p className="text-sm text-muted">{texts.onlyAdmins}</p>
    </div>
  );
}

function contactsOf({ contacts }: Organization): Contacts {
  return (contacts ?? {}) as Contacts;
}

/** Those that are given; null where there are none. */
function ways(contacts: Contacts): Contacts | null {
  const given = Object.entries(contacts).filter(([, value]) => value);
  return given.length > 0 ? Object.fromEntries(given) : null;
}

function orNull(text: string): string | null {
  return text.trim() === "" ? null : text.trim();
}

/** People write paseka.ru; a link needs its beginning. */
function withScheme(address: string): string {
  const text = address.trim();
  return text === "" || /^[a-z][a-z0-9+.-]*:/i.test(text) ? text : `https://${text}`;
}
