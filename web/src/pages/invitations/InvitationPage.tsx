import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Fragment, useState, type ReactNode } from "react";
import { useNavigate, useParams } from "react-router";
import { asApiError, type ApiError } from "../../api/errors";
import type { User } from "../../api/session";
import { acceptInvitation, invitationToMe, type InvitationToMe } from "../../api/team";
import { withNext } from "../../shared/next";
import { chooseOrganization } from "../../shared/organization";
import { leave, useSession } from "../../shared/session";
import { Button, ButtonLink } from "../../design/Button";
import { Problem } from "../../design/Notice";
import { PageHeader } from "../../design/Page";
import { Loaded, Loading, SkeletonLines } from "../../design/States";
import { toast } from "../../design/toast";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { invitationTexts } from "../../i18n/invitation";
import { organizationTexts } from "../../i18n/organizations";
import { keys } from "../../api/keys";

/**
 * Where the link of an invitation leads. It is accepted by a button, not by opening the page: mail scanners
 * open links too, and a person may be signed in as somebody else.
 */
export function InvitationPage() {
  const t = useTexts(invitationTexts);
  const { token = "" } = useParams();
  const { status, user } = useSession();
  const here = `/invitations/${token}`;
  if (status === "starting" || status === "leaving") return <Coming />;
  if (user) return <Invited key={user.id} user={user} token={token} here={here} />;
  return (
    <Sheet title={t.title} lead={t.lead}>
      <p className="measure">{t.signedOut}</p>
      <div className="flex flex-wrap gap-3">
        <ButtonLink to={withNext("/sign-in", here)} variant="primary">
          {t.signIn}
        </ButtonLink>
        <ButtonLink to={withNext("/sign-up", here)}>{t.signUp}</ButtonLink>
      </div>
    </Sheet>
  );
}

function Invited({ user, token, here }: { user: User; token: string; here: string }) {
  const t = useTexts(invitationTexts);
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [pending, setPending] = useState(false);
  const [problem, setProblem] = useState<ApiError>();
  const invitation = useQuery(invitationToMe(token, user.id));

  async function accept() {
    setPending(true);
    setProblem(undefined);
    try {
      const organizationId = await acceptInvitation(token);
      // Removed, not only marked as stale: a list without the new one would show another organization.
      queries.removeQueries({ queryKey: keys.account() });
      chooseOrganization(organizationId);
      toast(t.accepted);
      await navigate("/dashboard", { replace: true });
    } catch (error) {
      setProblem(asApiError(error));
    } finally {
      setPending(false);
    }
  }

  const failure = problem ?? (invitation.error ? asApiError(invitation.error) : undefined);
  switch (failure?.code) {
    case "not_found":
      return (
        <Sheet key="other" title={t.otherTitle}>
          <p className="measure">{t.otherText(user.email)}</p>
          <div className="flex flex-wrap gap-3">
            <Button variant="primary" onClick={() => void leave(withNext("/sign-in", here))}>
              {t.other}
            </Button>
            <ButtonLink to="/dashboard">{t.toDashboard}</ButtonLink>
          </div>
        </Sheet>
      );
    case "invitation_used":
      return (
        <Sheet key="used" title={t.usedTitle}>
          <p className="measure">{t.usedText}</p>
          <ButtonLink to="/dashboard" variant="primary">
            {t.toDashboard}
          </ButtonLink>
        </Sheet>
      );
    case "invitation_expired":
      return (
        <Sheet key="expired" title={t.expiredTitle}>
          <p className="measure">{t.expiredText}</p>
          <ButtonLink to="/dashboard">{t.toDashboard}</ButtonLink>
        </Sheet>
      );
    default:
      return (
        <Sheet title={t.title} lead={t.lead}>
          <Loaded query={invitation} skeleton={<SkeletonLines count={4} />}>
            {(offer) => (
              <>
                <Offer offer={offer} />
                <p>{t.as(user.email)}</p>
                {problem && <Problem error={problem} explain={{ plan_limit_reached: t.full }} />}
                <div className="flex flex-wrap gap-3">
                  <Button variant="primary" pending={pending && t.accepting} onClick={() => void accept()}>
                    {t.accept}
                  </Button>
                  <Button variant="quiet" onClick={() => void leave(withNext("/sign-in", here))}>
                    {t.other}
                  </Button>
                </div>
              </>
            )}
          </Loaded>
        </Sheet>
      );
  }
}

function Offer({ offer }: { offer: InvitationToMe }) {
  const t = useTexts(invitationTexts);
  const { role } = useTexts(organizationTexts);
  const format = useFormats();
  const facts = [
    [t.organization, offer.organization],
    [t.role, role[offer.role]],
    ...(offer.invited_by ? [[t.invitedBy, offer.invited_by]] : []),
    [t.until, format.dateTime(offer.expires_at)],
  ];
  return (
    <dl aria-label={t.offer} className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-2">
      {facts.map(([name, value]) => (
        <Fragment key={name}>
          <dt className="text-muted">{name}</dt>
          <dd className="font-semibold break-words">{value}</dd>
        </Fragment>
      ))}
    </dl>
  );
}

function Coming() {
  return (
    <Loading>
      <SkeletonLines count={4} />
    </Loading>
  );
}

function Sheet({ title, lead, children }: { title: string; lead?: string; children: ReactNode }) {
  return (
    <div className="flex max-w-xl flex-col items-start gap-5">
      <PageHeader title={title} lead={lead} />
      {children}
    </div>
  );
}
