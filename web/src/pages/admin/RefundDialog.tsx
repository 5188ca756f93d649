import { useQueryClient } from "@tanstack/react-query";
import { refundPayment, type PaymentFile } from "../../api/adminPayments";
import { asApiError } from "../../api/errors";
import { Button } from "../../design/Button";
import { Dialog } from "../../design/Dialog";
import { Form, SelectField, TextareaField, TextField } from "../../design/Form";
import { Notice } from "../../design/Notice";
import { toast } from "../../design/toast";
import { useForm } from "../../design/useForm";
import { adminPaymentTexts } from "../../i18n/adminPayments";
import { common } from "../../i18n/common";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { kopecks, typedKopecks } from "./kopecks";
import { keys } from "../../api/keys";

type Values = { share: string; amount: string; reason: string; confirmation: string };

/** Gives money back: how much, why, and the amount typed once more. */
export function RefundDialog({
  file,
  left,
  onClose,
}: {
  file: PaymentFile;
  /** Roubles that can be given back. */
  left: number;
  onClose: () => void;
}) {
  const t = useTexts(adminPaymentTexts).one;
  const c = useTexts(common);
  const { money } = useFormats();
  const queries = useQueryClient();
  const { payment } = file;

  const asked = ({ share, amount }: Pick<Values, "share" | "amount">) =>
    share === "whole" ? kopecks(left) : typedKopecks(amount);

  const form = useForm<Values>({
    draft: `refund-${payment.id}`,
    undrafted: "confirmation",
    initial: { share: "whole", amount: "", reason: "", confirmation: "" },
    check: (values) => {
      const wanted = asked(values);
      const isPossible = wanted !== undefined && wanted > 0 && wanted <= kopecks(left);
      return {
        ...(isPossible ? {} : { amount: "out_of_range" }),
        ...(values.reason.trim() ? {} : { reason: "required" }),
        ...(isPossible && typedKopecks(values.confirmation) !== wanted ? { confirmation: "mismatch" } : {}),
      };
    },
    submit: async (values) => {
      const wanted = asked(values) ?? 0;
      try {
        const { status } = await refundPayment({
          transaction_id: payment.id,
          ...(values.share === "whole" ? {} : { amount: (wanted / 100).toFixed(2) }),
          reason: values.reason.trim(),
        });
        const said: Partial<Record<string, string>> = t.refundDone;
        toast(said[status] ?? t.refundDone.pending, { kind: status === "canceled" ? "bad" : "good" });
        onClose();
      } finally {
        await queries.invalidateQueries({ queryKey: keys.adminPayment(payment.id) });
      }
    },
  });
  const wanted = asked(form.values);
  const { ends_with, credited } = file.limit;
  const endsPeriod = ends_with !== null && wanted !== undefined && wanted >= kopecks(ends_with);
  // The function answers so when ЮKassa did not; what is written down is made all the same.
  const code = form.problem && asApiError(form.problem).code;
  const isUnknown = code === "payment_provider_error";
  const isRefused = code === "invalid_transition";

  return (
    <Dialog open onClose={onClose} title={t.refundTitle(payment.organizations.name)}>
      {isUnknown && (
        <Notice kind="warning" live="alert">
          {t.refundUnknown}
        </Notice>
      )}
      {isRefused && (
        <Notice kind="warning" live="alert">
          {t.refundRefused}
        </Notice>
      )}
      <Form form={isUnknown || isRefused ? { ...form, problem: undefined } : form}>
        <SelectField
          {...form.field("share")}
          label={t.howMuch}
          options={[
            { value: "whole", label: t.whole(money(left, payment.currency)) },
            { value: "part", label: t.part },
          ]}
        />
        {form.values.share === "part" && (
          <TextField
            {...form.field("amount")}
            label={t.amount}
            explain={{ out_of_range: t.wrongAmount(money(left, payment.currency)) }}
            inputMode="decimal"
            autoComplete="off"
            digits
          />
        )}
        <TextareaField {...form.field("reason")} label={t.why} help={t.whyHelp} rows={2} maxLength={250} />
        {Number(credited) > 0 && <p className="text-muted">{t.creditStays(money(credited))}</p>}
        <p className={endsPeriod ? "text-bad" : "text-muted"}>{endsPeriod ? t.endsNow : t.keeps}</p>
        <TextField
          {...form.field("confirmation")}
          label={t.confirm}
          help={wanted ? t.confirmHelp(money(wanted / 100, payment.currency)) : undefined}
          explain={{ mismatch: t.mismatch }}
          inputMode="decimal"
          autoComplete="off"
          digits
        />
        <div className="flex flex-col-reverse gap-3 sm:flex-row sm:justify-end">
          <Button onClick={onClose}>{c.cancel}</Button>
          <Button type="submit" variant="danger" pending={form.pending && t.refunding}>
            {t.refund}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
