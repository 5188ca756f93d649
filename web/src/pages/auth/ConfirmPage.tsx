import { useState } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { openLink, type LinkType } from "../../api/session";
import { useNext } from "../../shared/next";
import { PageSkeleton } from "../../shared/PageSkeleton";
import { useSession } from "../../shared/session";
import { Button, ButtonLink } from "../../design/Button";
import { Form } from "../../design/Form";
import { toast } from "../../design/toast";
import { useForm } from "../../design/useForm";
import { auth } from "../../i18n/auth";
import { useTexts } from "../../i18n/dictionary";
import { AuthPage } from "./AuthPage";
import { NewPassword } from "./NewPassword";

const types: Record<string, LinkType> = {
  signup: "signup",
  recovery: "recovery",
  email_change: "email_change",
};

/**
 * Where the links of our e-mails lead: `/confirm?token_hash=…&type=…&next=…`. Opening the page does nothing; the button
 * confirms, and signs in.
 */
export function ConfirmPage() {
  const t = useTexts(auth);
  const session = useSession();
  const [parameters] = useSearchParams();
  const tokenHash = parameters.get("token_hash");
  const type = types[parameters.get("type") ?? ""];

  if (session.status === "starting") return <PageSkeleton />;
  if (!tokenHash || !type) {
    return (
      <AuthPage title={t.confirm.title}>
        <p>{t.confirm.noLink}</p>
        <ButtonLink to="/sign-in" variant="primary">
          {t.signIn.submit}
        </ButtonLink>
      </AuthPage>
    );
  }
  if (type === "recovery") return <NewPassword tokenHash={tokenHash} />;
  return <Confirm tokenHash={tokenHash} type={type} signedInAs={session.user?.email} />;
}

function Confirm({
  tokenHash,
  type,
  signedInAs,
}: {
  tokenHash: string;
  type: "signup" | "email_change";
  signedInAs: string | undefined;
}) {
  const t = useTexts(auth);
  const navigate = useNavigate();
  const { next } = useNext();
  const [half, setHalf] = useState(false);
  const form = useForm({
    initial: {},
    submit: async () => {
      if ((await openLink(tokenHash, type)) === "half") {
        setHalf(true);
        return;
      }
      toast(type === "signup" ? t.confirm.done : t.confirm.changed);
      await navigate(next, { replace: true });
    },
  });

  if (half) {
    return (
      <AuthPage title={t.confirm.halfTitle}>
        <p role="status">{t.confirm.half}</p>
      </AuthPage>
    );
  }
  return (
    <AuthPage
      title={type === "signup" ? t.confirm.title : t.confirm.changeTitle}
      lead={type === "signup" ? t.confirm.lead : t.confirm.changeLead}
    >
      {type === "signup" && signedInAs && <p>{t.confirm.signedInAs(signedInAs)}</p>}
      <Form form={form}>
        <Button type="submit" variant="primary" wide pending={form.pending && t.confirm.submitting}>
          {t.confirm.submit}
        </Button>
      </Form>
    </AuthPage>
  );
}
