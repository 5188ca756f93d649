import { render } from "@testing-library/react";
import { expect, it } from "vitest";
import { changeLocale } from "../../i18n/locale";
import { plain } from "../../test/show";
import { inLine, useSaid } from "./said";

function Said({ of }: { of: unknown }) {
  return <p>{inLine(useSaid()(of))}</p>;
}

const line = (of: unknown) => plain(render(<Said of={of} />).container.textContent);

it.each([
  [
    {
      transactions: {},
      holds: { applied: 2, postponed: 1 },
      reconciliation: "not_due",
      failed: 0,
      left: 1200,
    },
    "Проверки карт: записано 2, отложено 1; Осталось на следующий раз: 1 200; Платежи: нет; Сверка с ЮKassa: ещё не время; С ошибкой: 0",
  ],
  [
    {
      notices: { 1: 0, 7: 0, 30: 3, 60: 1 },
      failed_steps: ["level_c"],
      errors: { level_c: "deadlock detected" },
    },
    "Предупреждения об окончании: за 60 дней 1, за 30 дней 3, за 7 дней 0, за день 0; Не удалось: уровень C; Ошибки: уровень C: deadlock detected",
  ],
  [
    { decision: "approved", valid_until: "2027-03-12T09:00:00+00:00", publish: true },
    "Решение: одобрено; До: 12 марта 2027, 12:00; Показано покупателям: да",
  ],
  [{ amount: "1490.00", code: "advertising" }, "Сумма: 1 490 ₽; Причина: реклама вместо рассказа"],
  // What nobody gave words to is still there.
  [{ decision: "maybe", wings: [{ left: null }] }, "Решение: maybe; wings: left —"],
  [null, ""],
])("says what was done in words (%#)", (of, expected) => {
  changeLocale({ timeZone: "Europe/Moscow" });
  expect(line(of)).toBe(expected);
});
