import type { ReactNode } from "react";
import type { PaymentFile } from "../../api/adminPayments";
import { adminPaymentTexts } from "../../i18n/adminPayments";
import { useTexts } from "../../i18n/dictionary";
import { paymentTexts } from "../../i18n/payments";
import { useFormats } from "../../i18n/format";
import { kindInWords } from "./Differences";
import { reasonInWords } from "./PaymentState";
import { Raw } from "./Raw";

type Moment = {
  key: string;
  at: string;
  title: string;
  /** Short facts, put together with dots. */
  facts?: readonly (string | false | null | undefined)[];
  raw?: ReactNode;
};

/** Everything that happened to a payment, oldest first, with what was sent and what came. */
export function PaymentTimeline({ file }: { file: PaymentFile }) {
  const moments = useMoments(file);
  const { seconds } = useFormats();
  return (
    <ol className="flex flex-col">
      {moments.map(({ key, at, title, facts, raw }) => {
        const said = facts?.filter(Boolean).join(" · ");
        return (
          <li
            key={key}
            className="grid gap-x-6 gap-y-1 border-t border-line py-3 sm:grid-cols-[13rem_minmax(0,1fr)]"
          >
            <time dateTime={at} className="text-sm text-muted sm:pt-0.5">
              {seconds(at)}
            </time>
            <div className="flex min-w-0 flex-col gap-1">
              <p className="font-medium wrap-anywhere">{title}</p>
              {said && <p className="text-sm wrap-anywhere text-muted">{said}</p>}
              {raw}
            </div>
          </li>
        );
      })}
    </ol>
  );
}

function useMoments({ payment, steps, refunds, notifications, differences, retry }: PaymentFile): Moment[] {
  const texts = useTexts(adminPaymentTexts);
  const t = texts.one;
  const b = useTexts(paymentTexts);
  const { money, dateTime } = useFormats();
  const sources: Partial<Record<string, string>> = t.source;
  const settled: Partial<Record<string, string>> = t.notificationStatus;
  // What the database says in a word of its own; the rest is what a person has to read as it is.
  const faults: Partial<Record<string, string>> = texts.differences.kind;
  const refundState: Partial<Record<string, string>> = t.refundState;
  const knownReason: Partial<Record<string, string>> = b.history.refundReason;

  const moments: Moment[] = [
    {
      key: "written",
      at: payment.created_at,
      title: t.event.written,
      facts: [
        payment.kind === "renewal" ? t.event.writtenBy.us : t.event.writtenBy.person,
        retry && t.event.retry(retry.attempt, dateTime(retry.scheduled_at)),
        t.key(payment.idempotence_key),
      ],
      raw: <Raw title={t.request} value={payment.request_body} />,
    },
    ...steps.map((step) => ({
      key: `step-${step.id}`,
      at: step.occurred_at,
      title: t.event.status(texts.states[step.status]),
      facts: [
        t.event.source(sources[step.source] ?? step.source),
        step.reason &&
          reasonInWords(
            {
              quarantine_reason: step.status === "quarantined" ? step.reason : null,
              cancellation_reason: step.reason,
              cancellation_party: null,
            },
            t.quarantine,
            b.declined,
          ),
      ],
    })),
    ...notifications.map((notification) => ({
      key: `notification-${notification.id}`,
      at: notification.received_at,
      title: t.event.notification(notification.event_type),
      facts: [
        settled[notification.status],
        notification.error && (faults[notification.error] ?? notification.error),
        notification.deliveries > 1 && t.event.deliveries(notification.deliveries),
        notification.attempts > 1 && t.event.attempts(notification.attempts),
        typeof notification.remote_ip === "string" && t.event.from(notification.remote_ip),
        notification.processed_at && t.event.settled(dateTime(notification.processed_at)),
      ],
      raw: <Raw title={t.payload} value={notification.payload} />,
    })),
    ...refunds.flatMap((refund): Moment[] => {
      const amount = money(refund.amount, refund.currency);
      const by = refund.created_by ? "person" : refund.request_body === null ? "cabinet" : "us";
      return [
        {
          key: `refund-${refund.id}`,
          at: refund.created_at,
          title: t.event.refund(amount),
          facts: [
            t.event.refundBy[by],
            knownReason[refund.reason] ?? refund.reason,
            refund.yookassa_refund_id,
            t.key(refund.idempotence_key),
          ],
          raw: refund.request_body && <Raw title={t.request} value={refund.request_body} />,
        },
        ...(refund.status === "created"
          ? []
          : [
              {
                key: `refund-end-${refund.id}`,
                at: refund.updated_at,
                title: t.event.refundEnd(amount, refundState[refund.status] ?? refund.status),
                facts: [refund.cancellation_reason],
              },
            ]),
      ];
    }),
    ...differences.flatMap((difference): Moment[] => [
      {
        key: `difference-${difference.id}`,
        at: difference.found_at,
        title: t.event.difference(kindInWords(difference, texts.differences)),
        raw: <Raw value={difference.detail} />,
      },
      ...(difference.resolved_at
        ? [
            {
              key: `resolved-${difference.id}`,
              at: difference.resolved_at,
              title: t.event.resolved,
              facts: [difference.resolution],
            },
          ]
        : []),
    ]),
  ];
  if (payment.begun_at) moments.push({ key: "begun", at: payment.begun_at, title: t.event.begun });
  if (payment.judged_at) moments.push({ key: "judged", at: payment.judged_at, title: t.event.judged });
  // A stable sort: what has the same moment stays in the order it was made in.
  return moments.toSorted((one, other) => new Date(one.at).getTime() - new Date(other.at).getTime());
}
