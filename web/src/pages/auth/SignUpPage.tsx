import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link, Navigate } from "react-router";
import { textsInForce, type PlatformPageKey } from "../../api/platformPages";
import { resendConfirmation, signUp } from "../../api/session";
import { useNext, withNext } from "../../shared/next";
import { useSession } from "../../shared/session";
import { Button } from "../../design/Button";
import { Form, PasswordField, TextField } from "../../design/Form";
import { ErrorState } from "../../design/States";
import { useForm } from "../../design/useForm";
import { auth } from "../../i18n/auth";
import { useTexts } from "../../i18n/dictionary";
import { browserTimeZone, useLocale } from "../../i18n/locale";
import { AgreedByAction, Agreement } from "../platform/Agreement";
import { AuthPage } from "./AuthPage";
import { CheckMail } from "./CheckMail";
import { emailMistake, mistakes, newPasswordMistake } from "./checks";
import { useTypedEmail } from "./typedEmail";

type Wish = { fullName: string; email: string; password: string; offer: boolean; privacy: boolean };

export function SignUpPage() {
  const t = useTexts(auth);
  const { next, asGiven } = useNext();
  const { status } = useSession();
  const { language } = useLocale();
  const [writtenTo, setWrittenTo] = useState<string>();
  const texts = useQuery({ ...textsInForce(language), enabled: status === "signed-out" });
  const toAgree = (texts.data ?? []).filter(({ key }) => key === "offer" || key === "privacy");
  const mustAgree = (text: PlatformPageKey) =>
    toAgree.some(({ key, needs_consent }) => key === text && needs_consent);
  const form = useForm<Wish>({
    initial: {
      fullName: "",
      email: useTypedEmail(),
      password: "",
      offer: false,
      privacy: false,
    },
    check: ({ fullName, email, password, ...agreed }) =>
      mistakes({
        fullName: fullName.trim() ? undefined : "required",
        email: emailMistake(email),
        password: newPasswordMistake(password),
        offer: mustAgree("offer") && !agreed.offer ? "required" : undefined,
        privacy: mustAgree("privacy") && !agreed.privacy ? "required" : undefined,
      }),
    submit: async ({ fullName, email, password }) => {
      const outcome = await signUp(
        {
          email: email.trim(),
          password,
          fullName: fullName.trim(),
          locale: language,
          timeZone: browserTimeZone(),
          consents: Object.fromEntries(toAgree.map(({ key, version }) => [key, version])),
        },
        next,
      );
      if (outcome === "confirm") setWrittenTo(email.trim());
    },
  });

  if (status === "signed-in") return <Navigate replace to={next} />;
  if (writtenTo) {
    return (
      <CheckMail
        text={t.checkMail.confirm(writtenTo)}
        onAgain={() => resendConfirmation(writtenTo, next)}
        onOther={() => setWrittenTo(undefined)}
      />
    );
  }
  return (
    <AuthPage title={t.signUp.title} lead={t.signUp.lead} aside={<WhatComesNext />}>
      <Form form={form}>
        <TextField
          {...form.field("fullName")}
          label={t.fullName}
          help={t.signUp.fullNameHelp}
          autoComplete="name"
          maxLength={80}
        />
        <TextField
          {...form.field("email")}
          label={t.email}
          type="email"
          autoComplete="username"
          inputMode="email"
          autoCapitalize="none"
          spellCheck={false}
        />
        <PasswordField
          {...form.field("password")}
          label={t.password}
          help={t.passwordHelp}
          explain={t.passwordMistakes}
          autoComplete="new-password"
        />
        {toAgree.map(
          ({ key, needs_consent }) =>
            needs_consent && (
              <Agreement key={key} text={key} field={form.field(key as "offer" | "privacy")} />
            ),
        )}
        {toAgree.length === 2 && !toAgree.some(({ needs_consent }) => needs_consent) && <AgreedByAction />}
        {texts.isError ? (
          <ErrorState error={texts.error} retry={() => void texts.refetch()} />
        ) : (
          <Button
            type="submit"
            variant="primary"
            wide
            disabled={texts.isPending}
            pending={form.pending && t.signUp.submitting}
          >
            {t.signUp.submit}
          </Button>
        )}
      </Form>
      <p>
        {t.signUp.haveAccount}{" "}
        <Link className="link" to={withNext("/sign-in", asGiven)} state={{ email: form.values.email }}>
          {t.signUp.signIn}
        </Link>
      </p>
    </AuthPage>
  );
}

function WhatComesNext() {
  const t = useTexts(auth).signUp;
  return (
    <div className="flex flex-col gap-4 border-l-2 border-ink pl-5">
      <h2 className="text-lg">{t.next}</h2>
      <ol className="flex flex-col gap-3">
        {t.steps.map((step, index) => (
          <li key={step} className="flex gap-3">
            <span className="text-accent">{index + 1}</span>
            <span>{step}</span>
          </li>
        ))}
      </ol>
    </div>
  );
}
