/** /reports: what was reported, and what came of it. */
import type { ReportOutcome } from "../api/reports";
import { dictionary } from "./dictionary";

export const reportOutcomeTexts = dictionary(
  {
    lead: "О каких нарушениях нам сообщили и что мы решили. Организация названа только там, где нарушение подтвердилось и решение опубликовано. Кто сообщил, мы никому не говорим.",
    description: "О каких нарушениях нам сообщили, когда и что мы решили.",
    action: "Сообщить о\u00a0нарушении",
    totals: "Сколько сообщений пришло за всё время",
    total: {
      upheld: "Подтвердились",
      not_upheld: "Не подтвердились",
      duplicate: "Повторы",
      waiting: "Ждут решения",
    } satisfies Record<ReportOutcome | "waiting", string>,
    list: "Решения",
    outcome: {
      upheld: "Подтвердилось",
      not_upheld: "Не подтвердилось",
      duplicate: "Об этом уже сообщили раньше",
    } satisfies Record<ReportOutcome, string>,
    dates: (reported: string, decided: string) => `Сообщили ${reported}, решили ${decided}`,
    unpublished: (date: string) => `Организация была названа по\u00a0ошибке, имя снято ${date}`,
    none: "Решений пока нет",
    noneText: "Как только мы разберём первое сообщение, решение появится здесь.",
    more: "Показать ещё",
    loadingMore: "Загружаем…",
  },
  {
    lead: "Which violations were reported to us, and what we decided. An organization is named only where the violation was found and the decision is published. We tell nobody who reported.",
    description: "Which violations were reported to us, when, and what we decided.",
    action: "Report a violation",
    totals: "How many reports there have been in all",
    total: {
      upheld: "Upheld",
      not_upheld: "Not upheld",
      duplicate: "Duplicates",
      waiting: "Waiting",
    },
    list: "Decisions",
    outcome: {
      upheld: "Upheld",
      not_upheld: "Not upheld",
      duplicate: "It had been reported before",
    },
    dates: (reported, decided) => `Reported on ${reported}, decided on ${decided}`,
    unpublished: (date) => `The organization was named by mistake; the name was taken off on ${date}`,
    none: "No decisions yet",
    noneText: "As soon as we have looked into the first report, the decision will appear here.",
    more: "Show more",
    loadingMore: "Loading…",
  },
);
