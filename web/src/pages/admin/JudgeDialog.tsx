import { useQueryClient } from "@tanstack/react-query";
import { judgeQuarantined, type PaymentFile } from "../../api/adminPayments";
import { Button } from "../../design/Button";
import { Dialog } from "../../design/Dialog";
import { Form, SelectField, TextareaField } from "../../design/Form";
import { toast } from "../../design/toast";
import { useForm } from "../../design/useForm";
import { adminPaymentTexts } from "../../i18n/adminPayments";
import { common } from "../../i18n/common";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { keys } from "../../api/keys";

/** A payment that was not as asked: give it back, or let it count after all. */
export function JudgeDialog({ file, onClose }: { file: PaymentFile; onClose: () => void }) {
  const t = useTexts(adminPaymentTexts).one;
  const c = useTexts(common);
  const queries = useQueryClient();
  const { money } = useFormats();
  const { id } = file.payment;
  const paid = money(file.payment.paid_amount ?? file.payment.amount, file.payment.paid_currency ?? "RUB");
  const form = useForm({
    draft: `judge-${id}`,
    initial: { decision: "refund", comment: "" },
    check: ({ comment }): { comment?: string } => (comment.trim() ? {} : { comment: "required" }),
    submit: async ({ decision, comment }) => {
      await judgeQuarantined({
        transaction_id: id,
        decision: decision === "refund" ? "refund" : "accept",
        comment: comment.trim(),
      });
      toast(t.judged);
      onClose();
      await Promise.all(
        [keys.adminPayment(id), keys.deskList("admin_payments"), keys.paymentDifferences()].map((queryKey) =>
          queries.invalidateQueries({ queryKey }),
        ),
      );
    },
  });
  const isRefund = form.values.decision === "refund";
  return (
    <Dialog open onClose={onClose} title={t.judgeTitle}>
      <Form form={form}>
        <SelectField
          {...form.field("decision")}
          label={t.decision}
          options={[
            { value: "refund", label: t.giveBack },
            { value: "accept", label: t.accept },
          ]}
        />
        <p className="text-muted">
          {isRefund ? t.judgeBack(paid) : t.judgeAccept(paid, money(file.payment.amount))}
        </p>
        <TextareaField
          {...form.field("comment")}
          label={t.comment}
          help={isRefund ? t.commentBack : t.commentAccept}
          rows={3}
          maxLength={250}
        />
        <div className="flex flex-col-reverse gap-3 sm:flex-row sm:justify-end">
          <Button onClick={onClose}>{c.cancel}</Button>
          <Button type="submit" variant={isRefund ? "danger" : "primary"} pending={form.pending && t.judging}>
            {isRefund ? t.giveBack : t.accept}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
