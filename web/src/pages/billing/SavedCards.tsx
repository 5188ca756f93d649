import { useQueryClient } from "@tanstack/react-query";
import { CreditCard } from "lucide-react";
import { useState } from "react";
import {
  forgetPaymentMethod,
  setMainPaymentMethod,
  type Card,
  type SubscriptionOverview,
} from "../../api/billing";
import { Button } from "../../design/Button";
import { ConfirmDialog } from "../../design/Dialog";
import { Icon } from "../../design/Icon";
import { Notice, Problem, WriteToUs } from "../../design/Notice";
import { toast } from "../../design/toast";
import { asApiError, type ApiError } from "../../api/errors";
import { billingTexts } from "../../i18n/billing";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { cardExpiry, cardName } from "./cards";
import { renewBilling } from "./renewBilling";

/**
 * The cards we may charge, each with its way out: one press and a confirmation, no e-mail to support.
 * Federal law 376-ФЗ asks for exactly that.
 */
export function SavedCards({
  cards,
  subscription,
  organizationId,
  timeZone,
}: {
  cards: readonly Card[];
  /** The one that is live. */
  subscription: SubscriptionOverview | null;
  organizationId: string;
  timeZone: string;
}) {
  const t = useTexts(billingTexts);
  const { date } = useFormats(timeZone);
  const queries = useQueryClient();
  const [asked, setAsked] = useState<Card>();
  const [isUnderWay, setUnderWay] = useState(false);
  const [chosen, setChosen] = useState<Card>();
  const [problem, setProblem] = useState<ApiError>();

  async function choose(card: Card) {
    setProblem(undefined);
    setChosen(card);
    try {
      const { is_charged_next } = await setMainPaymentMethod(card.id);
      toast(is_charged_next ? t.card.chosenAndCharged : t.card.chosen);
    } catch (error) {
      setProblem(asApiError(error));
    }
    await renewBilling(queries, organizationId);
    setChosen(undefined);
  }

  async function remove(card: Card) {
    const { charge_under_way } = await forgetPaymentMethod(card.id);
    setUnderWay(charge_under_way);
    await renewBilling(queries, organizationId);
    const main = cards.find(({ id, is_main }) => is_main && id !== card.id);
    if (!charge_under_way)
      toast(main && subscription ? t.card.removedSpare(cardName(main, t)) : t.card.removed);
  }

  /** «до 12/30 · для списаний» */
  function about({ expires_at, is_expired, is_main }: Card): string {
    return [
      expires_at && (is_expired ? t.card.expired : t.card.expires(cardExpiry(expires_at))),
      is_main && !subscription?.cancel_at_period_end && t.card.charged,
    ]
      .filter(Boolean)
      .join(" · ");
  }

  const underWay = isUnderWay && (
    <Notice kind="warning" live="status" action={<WriteToUs />}>
      {t.card.removedUnderWay}
    </Notice>
  );
  if (cards.length === 0) return underWay || <p className="measure text-muted">{t.card.none}</p>;
  const charged = asked?.is_main ? subscription : null;
  const renewed = charged?.cancel_at_period_end ? null : charged;
  return (
    <>
      {underWay}
      {problem && <Problem error={problem} />}
      <ul className="flex flex-col gap-3">
        {cards.map((card) => (
          <li
            key={card.id}
            className="flex flex-col justify-between gap-3 rounded-md border border-line bg-raised px-5 py-3 sm:flex-row sm:items-center"
          >
            <p className="flex min-w-0 items-center gap-3">
              <Icon of={CreditCard} />
              <span className="min-w-0">
                <span className="block font-medium">{cardName(card, t)}</span>
                <span className="block text-sm text-muted">{about(card)}</span>
              </span>
            </p>
            <span className="flex shrink-0 flex-wrap gap-2 sm:justify-end">
              {subscription && !subscription.cancel_at_period_end && !card.is_main && !card.is_expired && (
                <Button
                  size="small"
                  pending={chosen?.id === card.id && t.card.choosing}
                  onClick={() => void choose(card)}
                >
                  {t.card.choose} <span className="sr-only">{cardName(card, t)}</span>
                </Button>
              )}
              <Button size="small" onClick={() => setAsked(card)}>
                {t.card.removeShort} <span className="sr-only">{cardName(card, t)}</span>
              </Button>
            </span>
          </li>
        ))}
      </ul>
      {asked && (
        <ConfirmDialog
          open
          onClose={() => setAsked(undefined)}
          title={t.card.removeTitle(cardName(asked, t))}
          action={t.card.remove}
          pendingText={t.card.removing}
          onConfirm={() => remove(asked)}
        >
          <p>{t.card.removeText}</p>
          {charged?.cancel_at_period_end && (
            <p className="mt-2">{t.card.removeEnding(date(charged.current_period_end))}</p>
          )}
          {renewed?.status === "trialing" && renewed.trial_ends_at && (
            <p className="mt-2">{t.card.removeTrial(date(renewed.trial_ends_at))}</p>
          )}
          {renewed?.status === "active" && (
            <p className="mt-2">{t.card.removeActive(date(renewed.current_period_end))}</p>
          )}
          {renewed?.status === "past_due" && renewed.grace_until && (
            <p className="mt-2">{t.card.removePastDue(date(renewed.grace_until))}</p>
          )}
          {!charged && <p className="mt-2">{t.card.removeOther}</p>}
        </ConfirmDialog>
      )}
    </>
  );
}
