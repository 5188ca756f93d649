/**
 * Words for the codes that people read on pages and in e-mails alike: one file, which the functions deploy and this
 * build reads. A code of the rules without words is an error of the type checker.
 */
import words from "../../../functions/mail/words.json";
import type {
  DeclineReason,
  LevelReason,
  NotificationKind,
  QuarantineReason,
  StoryRejectionCode,
} from "../api/codes";
import type { OrganizationRole } from "../api/organizations";
import type { StatusLevel } from "../api/statuses";
import type { Language } from "./locale";

/** For one level, and for several. */
type Forms = { one: string; many: string };

words satisfies Record<
  Language,
  {
    kind: Record<NotificationKind, string>;
    role: Record<OrganizationRole, string>;
    level: Record<StatusLevel, string>;
    /** What a seal shows, for who does not see it. */
    seal: { held: string; lost: string; none: string };
    reason: Record<LevelReason, string>;
    /** Why it failed, to stand after a colon, and what helps, as sentences. */
    decline: Record<DeclineReason, { why: string; now: string }>;
    rejection: Record<StoryRejectionCode, string>;
    /** What a buyer is told of an organization: {levels}, {date} and {why} are filled in. */
    verdict: {
      why: Record<StatusLevel, string>;
      unchecked: string;
      held: Forms;
      lost: Forms;
      lost_unexplained: Forms;
      regained: Forms;
      never: string;
    };
    /** ЮKassa's names of cards, where what is printed on the card is another. */
    card: Record<"Mir" | "MasterCard" | "AmericanExpress" | "other", string>;
    /** Why money goes back by itself, to stand after a colon. */
    returned: Partial<Record<QuarantineReason, string>>;
  }
>;

export { words };

/** The same phrases with a full stop. */
export function closed<Code extends string>(phrases: Record<Code, string>): Record<Code, string> {
  return mapped(phrases, (phrase) => `${phrase}.`);
}

/** «Банк отклонил платёж.», «Возьмите другую карту.»: why, as a sentence of its own, and what helps. */
export function sentences<Code extends string>(
  declines: Record<Code, { why: string; now: string }>,
): Record<Code, readonly [why: string, now: string]> {
  return mapped(declines, ({ why, now }) => [`${why.charAt(0).toUpperCase()}${why.slice(1)}.`, now] as const);
}

function mapped<Code extends string, From, To>(
  all: Record<Code, From>,
  change: (one: From) => To,
): Record<Code, To> {
  return Object.fromEntries(Object.entries<From>(all).map(([code, one]) => [code, change(one)])) as Record<
    Code,
    To
  >;
}
