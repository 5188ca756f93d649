import { useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useNavigate, useParams } from "react-router";
import { asApiError, type ApiError } from "../../api/errors";
import { acceptInvitation } from "../../api/team";
import { withNext } from "../../app/next";
import { chooseOrganization } from "../../app/organization";
import { leave, useSession } from "../../app/session";
import { Button, ButtonLink } from "../../design/Button";
import { Problem } from "../../design/Notice";
import { PageHeader } from "../../design/Page";
import { Loading, SkeletonLines } from "../../design/States";
import { toast } from "../../design/toast";
import { useTexts } from "../../i18n/dictionary";
import { invitationTexts } from "../../i18n/invitation";

/**
 * Where the link of an invitation leads. It is accepted by a button, not by opening the page: mail scanners
 * open links too, and a person may be signed in as somebody else.
 */
export function InvitationPage() {
  const t = useTexts(invitationTexts);
  const { token = "" } = useParams();
  const { status, user } = useSession();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [pending, setPending] = useState(false);
  const [problem, setProblem] = useState<ApiError>();
  const here = `/invitations/${token}`;

  async function accept() {
    setPending(true);
    setProblem(undefined);
    try {
      const organizationId = await acceptInvitation(token);
      // Removed, not only marked as stale: a list without the new one would show another organization.
      queries.removeQueries({ queryKey: ["my-organizations"] });
      chooseOrganization(organizationId);
      toast(t.accepted);
      await navigate("/dashboard", { replace: true });
    } catch (error) {
      setProblem(asApiError(error));
    } finally {
      setPending(false);
    }
  }

  if (status === "starting" || status === "leaving") {
    return (
      <Loading>
        <SkeletonLines count={4} />
      </Loading>
    );
  }
  if (!user) {
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
  switch (problem?.code) {
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
          <p>{t.as(user.email)}</p>
          {problem && <Problem error={problem} />}
          <div className="flex flex-wrap gap-3">
            <Button variant="primary" pending={pending && t.accepting} onClick={() => void accept()}>
              {t.accept}
            </Button>
            <Button variant="quiet" onClick={() => void leave(withNext("/sign-in", here))}>
              {t.other}
            </Button>
          </div>
        </Sheet>
      );
  }
}

function Sheet({ title, lead, children }: { title: string; lead?: string; children: ReactNode }) {
  return (
    <div className="flex max-w-xl flex-col items-start gap-5">
      <PageHeader title={title} lead={lead} />
      {children}
    </div>
  );
}
