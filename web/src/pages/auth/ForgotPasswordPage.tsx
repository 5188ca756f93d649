import { useState } from "react";
import { Link } from "react-router";
import { requestPasswordReset } from "../../api/session";
import { Button } from "../../design/Button";
import { Form, TextField } from "../../design/Form";
import { useForm } from "../../design/useForm";
import { auth } from "../../i18n/auth";
import { useTexts } from "../../i18n/dictionary";
import { AuthPage } from "./AuthPage";
import { CheckMail } from "./CheckMail";
import { emailMistake, mistakes } from "./checks";
import { useTypedEmail } from "./typedEmail";

export function ForgotPasswordPage() {
  const t = useTexts(auth);
  const [askedFor, setAskedFor] = useState<string>();
  const form = useForm({
    initial: { email: useTypedEmail() },
    check: ({ email }) => mistakes({ email: emailMistake(email) }),
    submit: async ({ email }) => {
      await requestPasswordReset(email.trim());
      setAskedFor(email.trim());
    },
  });

  if (askedFor) {
    return <CheckMail text={t.checkMail.reset(askedFor)} onOther={() => setAskedFor(undefined)} />;
  }
  return (
    <AuthPage title={t.forgot.title} lead={t.forgot.lead}>
      <Form form={form}>
        <TextField
          {...form.field("email")}
          label={t.email}
          type="email"
          autoComplete="username"
          inputMode="email"
          autoCapitalize="none"
          spellCheck={false}
        />
        <Button type="submit" variant="primary" wide pending={form.pending && t.forgot.submitting}>
          {t.forgot.submit}
        </Button>
      </Form>
      <p>
        <Link className="link" to="/sign-in" state={{ email: form.values.email }}>
          {t.forgot.back}
        </Link>
      </p>
    </AuthPage>
  );
}
