import { CircleAlert, CircleCheck, CircleDashed, CircleX, Clock, Undo2, type LucideIcon } from "lucide-react";
import type { Transaction } from "../../api/billing";
import { Pill, type Tone } from "../../design/Pill";
import { useTexts } from "../../i18n/dictionary";
import { paymentTexts } from "../../i18n/payments";
import { transactionState, type TransactionState } from "../billing/outcome";

const waits = { tone: "info", icon: Clock } as const;
const back = { tone: "plain", icon: Undo2 } as const;
const no = { tone: "plain", icon: CircleDashed } as const;
const bad = { tone: "bad", icon: CircleX } as const;
const aside = { tone: "waits", icon: CircleAlert } as const;
const looks: Record<TransactionState, { tone: Tone; icon: LucideIcon }> = {
  created: waits,
  pending: waits,
  holding: waits,
  captured: waits,
  succeeded: { tone: "good", icon: CircleCheck },
  refunded: back,
  returned: back,
  returnedUnsaved: bad,
  returnedUsed: back,
  abandoned: no,
  left: no,
  declined: bad,
  stopped: no,
  quarantined: aside,
  extra: aside,
  judged: back,
};

/** A payment's state in a word. */
export function PaymentPill({ payment }: { payment: Transaction }) {
  const state = transactionState(payment);
  return <Pill {...looks[state]}>{useTexts(paymentTexts).history.state[state]}</Pill>;
}
