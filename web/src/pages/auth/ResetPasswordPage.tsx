import { useState } from "react";
import { useLocation, useNavigate, useSearchParams } from "react-router";
import { openRecovery, setPassword } from "../../api/session";
import { PageSkeleton } from "../../shared/PageSkeleton";
import { useSession } from "../../shared/session";
import { Button, ButtonLink } from "../../design/Button";
import { Form, PasswordField } from "../../design/Form";
import { Problem } from "../../design/Notice";
import { toast } from "../../design/toast";
import { useForm } from "../../design/useForm";
import { auth } from "../../i18n/auth";
import { useTexts } from "../../i18n/dictionary";
import { AuthPage } from "./AuthPage";
import { mistakes, newPasswordMistake } from "./checks";
import { linkError } from "./linkError";

/**
 * Where the recovery link leads. Supabase's standard letter signs the person in by the address's fragment; a
 * template with `?token_hash=…` signs in only when the form is sent.
 */
export function ResetPasswordPage() {
  const t = useTexts(auth);
  const session = useSession();
  const [parameters] = useSearchParams();
  const tokenHash = parameters.get("token_hash");
  const problem = linkError(useLocation().hash);

  if (session.status === "starting") return <PageSkeleton />;
  if (!problem && (tokenHash !== null || session.user)) {
    return <NewPassword tokenHash={tokenHash} email={tokenHash === null ? session.user?.email : undefined} />;
  }
  return (
    <AuthPage title={t.reset.title}>
      {problem ? <Problem error={problem} /> : <p>{t.reset.noLink}</p>}
      <ButtonLink to="/forgot-password" variant="primary">
        {t.reset.again}
      </ButtonLink>
    </AuthPage>
  );
}

function NewPassword({ tokenHash, email }: { tokenHash: string | null; email: string | undefined }) {
  const t = useTexts(auth);
  const navigate = useNavigate();
  // A token serves once; when only the password was refused, the second attempt must not spend it again.
  const [opened, setOpened] = useState(tokenHash === null);
  const form = useForm({
    initial: { password: "" },
    check: ({ password }) => mistakes({ password: newPasswordMistake(password) }),
    submit: async ({ password }) => {
      if (!opened && tokenHash !== null) {
        await openRecovery(tokenHash);
        setOpened(true);
      }
      await setPassword(password);
      toast(t.reset.done);
      await navigate("/dashboard", { replace: true });
    },
  });
  return (
    <AuthPage title={t.reset.title} lead={email && t.reset.forAccount(email)}>
      <Form form={form}>
        {/* For the password manager, which looks for the name the password belongs to. */}
        {email && <input type="email" name="email" autoComplete="username" value={email} readOnly hidden />}
        <PasswordField
          {...form.field("password")}
          label={t.reset.newPassword}
          help={t.passwordHelp}
          explain={{ too_short: t.passwordTooShort }}
          autoComplete="new-password"
        />
        <Button type="submit" variant="primary" wide pending={form.pending && t.reset.submitting}>
          {t.reset.submit}
        </Button>
      </Form>
    </AuthPage>
  );
}
