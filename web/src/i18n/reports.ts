/** What buyers read of reports: where to send one, and what was upheld. */
import type { ReportKind } from "../api/reports";
import { dictionary } from "./dictionary";

export const reportTexts = dictionary(
  {
    action: "Сообщить о нарушении",
    kind: {
      fake_badge: "Поддельный значок",
      false_claim: "Ложные сведения",
      stolen_name: "Чужое имя",
      other: "Другое нарушение",
    } satisfies Record<ReportKind, string>,
    published: "Подтверждённые нарушения",
    publishedText: "О них нам сообщили, мы проверили, и они подтвердились.",
    publishedAt: "Решение от",
  },
  {
    action: "Report a violation",
    kind: {
      fake_badge: "Fake badge",
      false_claim: "False claim",
      stolen_name: "Stolen name",
      other: "Another violation",
    },
    published: "Violations found",
    publishedText: "They were reported to us; we looked into them, and they are so.",
    publishedAt: "Decided on",
  },
);
