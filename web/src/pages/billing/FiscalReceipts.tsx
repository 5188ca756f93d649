import type { FiscalReceipt } from "../../api/billing";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { paymentTexts } from "../../i18n/payments";

/** The fiscal documents of a payment or refund, a line each, as text that can be copied whole. */
export function FiscalReceipts({
  receipts,
  timeZone,
}: {
  receipts: readonly FiscalReceipt[];
  timeZone?: string;
}) {
  const t = useTexts(paymentTexts).history.fiscal;
  const { date } = useFormats(timeZone);
  return receipts.map((receipt) => (
    <span key={receiptKey(receipt)} className="block text-sm wrap-anywhere text-muted">
      {(receipt.kind === "refund" ? t.refund : t.payment)(date(receipt.registered_at))}
      {" · "}
      {t.numbers(receipt.fiscal_storage_number, receipt.fiscal_document_number, receipt.fiscal_attribute)}
    </span>
  ));
}

/** A storage numbers its documents. */
const receiptKey = ({ fiscal_storage_number, fiscal_document_number }: FiscalReceipt) =>
  `${fiscal_storage_number}-${fiscal_document_number}`;
