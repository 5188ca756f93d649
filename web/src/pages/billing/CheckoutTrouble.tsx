import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, type ReactNode } from "react";
import { keys } from "../../api/keys";
import { updateOrganizationSettings } from "../../api/organizations";
import { giveConsents, type TextVersion } from "../../api/platformPages";
import { useOrganization } from "../../shared/organization";
import { Button } from "../../design/Button";
import { Dialog } from "../../design/Dialog";
import { Form, TextField } from "../../design/Form";
import { Notice, Problem, WriteToUs } from "../../design/Notice";
import { useForm } from "../../design/useForm";
import { billingTexts } from "../../i18n/billing";
import { common } from "../../i18n/common";
import { useTexts } from "../../i18n/dictionary";
import { platformPageTexts } from "../../i18n/platformPages";
import { emailMistake, mistakes } from "../auth/checks";
import { Agreement } from "../platform/Agreement";
import type { CheckoutState } from "./useCheckout";

/** Why the way to ЮKassa did not open; where only an address for receipts is missing, it is asked for. */
export function CheckoutTrouble({ checkout }: { checkout: CheckoutState }) {
  const t = useTexts(billingTexts);
  const { trouble } = checkout;
  if (!trouble) return null;
  if (trouble === "receipt-address") return <AskAddress checkout={checkout} />;
  if (Array.isArray(trouble)) return <AskConsent texts={trouble} checkout={checkout} />;
  if (trouble === "bad-address" || trouble === "another-amount") {
    return (
      <InSight>
        <Notice
          kind={trouble === "bad-address" ? "bad" : "warning"}
          live="alert"
          action={trouble === "bad-address" && <WriteToUs />}
        >
          {trouble === "bad-address" ? t.plans.badAddress : t.change.changed}
        </Notice>
      </InSight>
    );
  }
  if (trouble.code === "request_pending") {
    return (
      <InSight>
        <Notice kind="warning" live="alert" title={t.state.underWayTitle}>
          {t.state.underWayWait}
        </Notice>
      </InSight>
    );
  }
  return (
    <InSight>
      <Problem error={trouble} />
    </InSight>
  );
}

/** The button may stand a screen or two below: without this it would seem to have done nothing. */
function InSight({ children }: { children: ReactNode }) {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    element.current?.focus();
  }, []);
  return (
    <div ref={element} tabIndex={-1} className="scroll-my-4 focus-visible:rounded-md">
      {children}
    </div>
  );
}

function AskAddress({ checkout }: { checkout: CheckoutState }) {
  const t = useTexts(billingTexts).receipts;
  const c = useTexts(common);
  const { organization } = useOrganization();
  const queries = useQueryClient();
  const form = useForm({
    initial: { email: "" },
    check: ({ email }): { email?: string } => {
      const mistake = emailMistake(email);
      return mistake ? { email: mistake } : {};
    },
    submit: async ({ email }) => {
      const saved = await updateOrganizationSettings(organization.id, { billing_email: email.trim() });
      queries.setQueryData(keys.organizationSettings(organization.id), saved);
      await checkout.again();
    },
  });
  return (
    <Dialog open onClose={checkout.forget} title={t.askTitle}>
      <p>{t.askText}</p>
      <Form form={form}>
        <TextField
          {...form.field("email")}
          label={t.email}
          type="email"
          inputMode="email"
          autoComplete="email"
          autoCapitalize="none"
          spellCheck={false}
        />
        <div className="flex flex-col-reverse gap-3 sm:flex-row sm:justify-end">
          <Button onClick={checkout.forget}>{c.cancel}</Button>
          <Button type="submit" variant="primary" pending={form.pending && t.saving}>
            {t.save}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}

/** The texts in force that nobody has agreed to yet. One agreed to, the payment goes on. */
function AskConsent({ texts, checkout }: { texts: readonly TextVersion[]; checkout: CheckoutState }) {
  const t = useTexts(platformPageTexts).consent;
  const c = useTexts(common);
  const { organization } = useOrganization();
  const form = useForm<{ offer: boolean; privacy: boolean }>({
    initial: { offer: false, privacy: false },
    check: (agreed) =>
      mistakes({
        offer: texts.some(({ key }) => key === "offer") && !agreed.offer ? "required" : undefined,
        privacy: texts.some(({ key }) => key === "privacy") && !agreed.privacy ? "required" : undefined,
      }),
    submit: async () => {
      await giveConsents(texts, organization.id);
      await checkout.again();
    },
  });
  return (
    <Dialog open onClose={checkout.forget} title={t.asked}>
      <p>{t.askedText}</p>
      <Form form={form}>
        {texts.map(({ key }) => (
          <Agreement key={key} text={key} field={form.field(key as "offer" | "privacy")} />
        ))}
        <div className="flex flex-col-reverse gap-3 sm:flex-row sm:justify-end">
          <Button onClick={checkout.forget}>{c.cancel}</Button>
          <Button type="submit" variant="primary" pending={form.pending && t.agreeing}>
            {t.agree}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
