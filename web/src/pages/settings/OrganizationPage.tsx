import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import type { ReactNode } from "react";
import { mayActAs } from "../../api/organizations";
import { organizationStatus } from "../../api/statuses";
import { useOrganization } from "../../shared/organization";
import { ButtonLink } from "../../design/Button";
import { PageHeader, Section } from "../../design/Page";
import { Loaded, SkeletonLines } from "../../design/States";
import { useTexts } from "../../i18n/dictionary";
import { settingsTexts } from "../../i18n/settings";
import { statusTexts } from "../../i18n/status";
import { Invitations } from "./Invitations";
import { LogoEditor } from "./LogoEditor";
import { VerifiedNames } from "./NameChange";
import { Deletion, Transfer } from "./Ownership";
import { People } from "./People";
import { ProfileFacts, ProfileForm } from "./Profile";
import { SettingsForm } from "./SettingsForm";

/** What an organization says of itself, its settings, its people, and its end. */
export function OrganizationPage() {
  const t = useTexts(settingsTexts);
  const s = useTexts(statusTexts);
  const { organization, role } = useOrganization();
  const mayEdit = mayActAs(role, "admin");
  const status = useQuery({ ...organizationStatus(organization.id), enabled: mayEdit });
  const isOwner = role === "owner";
  const parts = [
    { id: "profile", name: t.parts.profile },
    { id: "people", name: t.parts.people },
    ...(mayEdit ? [{ id: "settings", name: t.parts.settings }] : []),
    ...(isOwner ? [{ id: "deletion", name: t.parts.deletion }] : []),
  ];
  return (
    // Another organization chosen in the header: its own forms, nothing of the former left in them.
    <div key={organization.id} className="flex max-w-3xl flex-col gap-12">
      <div className="flex flex-col gap-6">
        <PageHeader
          title={t.title}
          lead={t.lead}
          action={<ButtonLink to={`/organizations/${organization.slug}`}>{s.page.publicPage}</ButtonLink>}
        />
        <nav aria-label={t.partsLabel}>
          <ul className="flex flex-wrap gap-x-5 gap-y-1">
            {parts.map(({ id, name }) => (
              <li key={id}>
                <Link to={`#${id}`} className="link inline-flex min-h-8 items-center">
                  {name}
                </Link>
              </li>
            ))}
          </ul>
        </nav>
      </div>
      <Part id="profile">
        <Section title={t.parts.profile} className="gap-6">
          {mayEdit ? (
            <>
              <LogoEditor organization={organization} />
              <Loaded query={status} skeleton={<SkeletonLines count={8} />}>
                {({ levels }) => {
                  const isVerified = levels.some(({ level }) => level === "B");
                  return (
                    <>
                      {isVerified && <VerifiedNames organization={organization} />}
                      {/* Being deleted changes what may be saved: the form begins anew. */}
                      <ProfileForm
                        key={organization.deletion_requested_at}
                        organization={organization}
                        isVerified={isVerified}
                      />
                    </>
                  );
                }}
              </Loaded>
            </>
          ) : (
            <ProfileFacts organization={organization} />
          )}
        </Section>
      </Part>
      <Part id="people">
        <Section title={t.parts.people} className="gap-6">
          <People />
          {mayEdit && <Invitations />}
        </Section>
      </Part>
      {mayEdit && (
        <Part id="settings">
          <Section title={t.parts.settings}>
            <SettingsForm />
          </Section>
        </Part>
      )}
      {isOwner && (
        <Part id="deletion">
          <div className="flex flex-col gap-12">
            <Transfer />
            {!organization.deletion_requested_at && <Deletion />}
          </div>
        </Part>
      )}
    </div>
  );
}

/** A part that a link of the page leads to. */
function Part({ id, children }: { id: string; children: ReactNode }) {
  return (
    <div id={id} className="scroll-mt-6 border-t border-line pt-8">
      {children}
    </div>
  );
}
