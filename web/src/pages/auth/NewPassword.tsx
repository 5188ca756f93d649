import { useState } from "react";
import { useNavigate } from "react-router";
import { openLink, setPassword } from "../../api/session";
import { Button } from "../../design/Button";
import { Form, PasswordField } from "../../design/Form";
import { toast } from "../../design/toast";
import { useForm } from "../../design/useForm";
import { auth } from "../../i18n/auth";
import { useTexts } from "../../i18n/dictionary";
import { AuthPage } from "./AuthPage";
import { mistakes, newPasswordMistake } from "./checks";

/** The form of a new password: of the account the link belongs to, or (without one) of whoever is signed in. */
export function NewPassword({ tokenHash, email }: { tokenHash: string | null; email?: string | undefined }) {
  const t = useTexts(auth);
  const navigate = useNavigate();
  // A token serves once; when only the password was refused, the second attempt must not spend it again.
  const [opened, setOpened] = useState(tokenHash === null);
  const form = useForm({
    initial: { password: "" },
    check: ({ password }) => mistakes({ password: newPasswordMistake(password) }),
    submit: async ({ password }) => {
      if (!opened && tokenHash !== null) {
        await openLink(tokenHash, "recovery");
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
          explain={t.passwordMistakes}
          autoComplete="new-password"
        />
        <Button type="submit" variant="primary" wide pending={form.pending && t.reset.submitting}>
          {t.reset.submit}
        </Button>
      </Form>
    </AuthPage>
  );
}
