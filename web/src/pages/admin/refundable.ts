import type { PaymentFile } from "../../api/adminPayments";

/** How much of a payment can be given back, in roubles; 0 when nothing was taken. */
export function refundable({ payment, refunds }: PaymentFile): number {
  const wasTaken =
    ["succeeded", "quarantined"].includes(payment.status) && payment.yookassa_payment_id !== null;
  if (!wasTaken) return 0;
  const asked = refunds.filter(({ status }) => status !== "canceled").map(({ amount }) => kopecks(amount));
  return (kopecks(payment.amount) - asked.reduce((sum, amount) => sum + amount, 0)) / 100;
}

/** «1 490,50» or «1490.5» as kopecks; undefined when it is no amount of money. */
export function typedKopecks(text: string): number | undefined {
  const plain = text.replace(/[\s₽]/g, "").replace(",", ".");
  return /^\d{1,9}(\.\d{1,2})?$/.test(plain) ? kopecks(plain) : undefined;
}

export const kopecks = (roubles: number | string) => Math.round(Number(roubles) * 100);
