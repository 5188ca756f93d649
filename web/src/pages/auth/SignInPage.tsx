import { useState } from "react";
import { Link, Navigate, useLocation } from "react-router";
import { asApiError } from "../../api/errors";
import { resendConfirmation, signIn } from "../../api/session";
import { useNext, withNext } from "../../shared/next";
import { useSession } from "../../shared/session";
import { Button } from "../../design/Button";
import { Form, PasswordField, TextField } from "../../design/Form";
import { Problem } from "../../design/Notice";
import { useForm } from "../../design/useForm";
import { auth } from "../../i18n/auth";
import { useTexts } from "../../i18n/dictionary";
import { AuthPage } from "./AuthPage";
import { CheckMail } from "./CheckMail";
import { emailMistake, mistakes } from "./checks";
import { linkError } from "./linkError";
import { useTypedEmail } from "./typedEmail";

export function SignInPage() {
  const t = useTexts(auth);
  const { next, asGiven } = useNext();
  const { status } = useSession();
  const problem = linkError(useLocation().hash);
  const [unconfirmed, setUnconfirmed] = useState<string>();
  const form = useForm({
    initial: { email: useTypedEmail(), password: "" },
    check: ({ email, password }) =>
      mistakes({ email: emailMistake(email), password: password ? undefined : "required" }),
    submit: async ({ email, password }) => {
      try {
        await signIn(email.trim(), password);
      } catch (error) {
        if (asApiError(error).code !== "email_not_confirmed") throw error;
        await resendConfirmation(email.trim(), next);
        setUnconfirmed(email.trim());
      }
    },
  });
  const state = { email: form.values.email };

  if (status === "signed-in") return <Navigate replace to={next} />;
  if (unconfirmed) {
    return (
      <CheckMail
        text={t.checkMail.confirm(unconfirmed)}
        onAgain={() => resendConfirmation(unconfirmed, next)}
        onOther={() => setUnconfirmed(undefined)}
      />
    );
  }
  return (
    <AuthPage title={t.signIn.title} lead={asGiven !== null && t.signIn.toContinue}>
      {problem && <Problem error={problem} />}
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
        <PasswordField {...form.field("password")} label={t.password} autoComplete="current-password" />
        <Button type="submit" variant="primary" wide pending={form.pending && t.signIn.submitting}>
          {t.signIn.submit}
        </Button>
      </Form>
      <div className="flex flex-col gap-2">
        <p>
          <Link className="link" to="/forgot-password" state={state}>
            {t.signIn.forgot}
          </Link>
        </p>
        <p>
          {t.signIn.noAccount}{" "}
          <Link className="link" to={withNext("/sign-up", asGiven)} state={state}>
            {t.signIn.signUp}
          </Link>
        </p>
      </div>
    </AuthPage>
  );
}
