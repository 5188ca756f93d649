import { signIn } from "../api/session";
import { Button } from "../design/Button";
import { Dialog } from "../design/Dialog";
import { Form, PasswordField } from "../design/Form";
import { useForm } from "../design/useForm";
import { auth } from "../i18n/auth";
import { common } from "../i18n/common";
import { useTexts } from "../i18n/dictionary";
import { leave, useSession } from "../shared/session";

/** Asks for the password over the page that was open, so that nothing typed there is lost. */
export function SessionOver() {
  const session = useSession();
  if (session.status !== "expired") return null;
  return <PasswordDialog email={session.user.email} />;
}

function PasswordDialog({ email }: { email: string }) {
  const t = useTexts(common).sessionOver;
  const a = useTexts(auth);
  const form = useForm({
    initial: { password: "" },
    check: ({ password }) => (password ? {} : { password: "required" }),
    submit: ({ password }) => signIn(email, password),
  });
  return (
    <Dialog open locked onClose={() => undefined} title={t.title}>
      <p>{t.text}</p>
      <Form form={form}>
        {/* For the password manager, which looks for the name the password belongs to. */}
        <p>
          <span className="text-muted">{a.email}: </span>
          <strong>{email}</strong>
          <input type="email" name="email" autoComplete="username" value={email} readOnly hidden />
        </p>
        <PasswordField {...form.field("password")} label={a.password} autoComplete="current-password" />
        <Button type="submit" variant="primary" pending={form.pending && t.submitting}>
          {t.submit}
        </Button>
        <Button variant="quiet" onClick={() => void leave()}>
          {t.leave}
        </Button>
      </Form>
    </Dialog>
  );
}
