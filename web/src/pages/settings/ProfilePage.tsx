import { useQuery } from "@tanstack/react-query";
import { mayActAs } from "../../api/organizations";
import { organizationStatus } from "../../api/statuses";
import { Section } from "../../design/Page";
import { Loaded, SkeletonLines } from "../../design/States";
import { useTexts } from "../../i18n/dictionary";
import { settingsTexts } from "../../i18n/settings";
import { useOrganization } from "../../shared/organization";
import { LogoEditor } from "./LogoEditor";
import { VerifiedNames } from "./NameChange";
import { ProfileFacts, ProfileForm } from "./Profile";

/** What an organization says of itself. */
export function ProfilePage() {
  const t = useTexts(settingsTexts);
  const { organization, role } = useOrganization();
  const mayEdit = mayActAs(role, "admin");
  const status = useQuery({ ...organizationStatus(organization.id), enabled: mayEdit });
  return (
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
  );
}
