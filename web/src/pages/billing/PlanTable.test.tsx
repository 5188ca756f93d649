import { screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import type { Offer } from "../../api/billing";
import { offer } from "../../test/billing";
import { plain, show } from "../../test/show";
import { PlanTable } from "./PlanTable";

function shown(plans: Offer[], mayPay = true) {
  const [onPay, onChange] = [vi.fn(), vi.fn()];
  const { container } = show(
    <PlanTable
      plans={plans}
      currentPlanId={plans.find((plan) => plan.offer === "current")?.plan_id}
      mayPay={mayPay}
      primaryPlanId={undefined}
      pending={undefined}
      until="12 апреля 2027"
      onPay={onPay}
      onChange={onChange}
    />,
  );
  return { onPay, onChange, text: plain(container.textContent) };
}

const b = { id: "b_month", plan_id: "b_month", level: "B", requires_verification: true } as const;

describe("the plans", () => {
  it("are paid for or changed to, as the database offers them", async () => {
    const year = offer({ id: "a_year", plan_id: "a_year", period: "year", offer: "change" });
    const { onPay, onChange } = shown([offer(), year]);
    await userEvent.click(screen.getByRole("button", { name: /^Оплатить/ }));
    await userEvent.click(screen.getByRole("radio", { name: "За год" }));
    await userEvent.click(screen.getByRole("button", { name: /^Перейти/ }));
    expect(onPay).toHaveBeenCalledWith(expect.objectContaining({ plan_id: "a_month" }));
    expect(onChange).toHaveBeenCalledWith(expect.objectContaining({ plan_id: "a_year" }));
  });

  it("that are closed have no button", () => {
    const { text } = shown([
      offer({ offer: "closed", why: "charge_under_way" }),
      offer({ ...b, offer: "current" }),
    ]);
    expect(screen.queryByRole("button")).toBeNull();
    expect(text).toContain("ваш тариф");
  });

  it("of level B lead to the request, or say that it is under review", () => {
    const { text } = shown([offer({ ...b, offer: "closed", why: "verification_required" })]);
    expect(text).toContain("Подать заявку на статус B");
    const waiting = shown([offer({ ...b, offer: "closed", why: "verification_pending" })]);
    expect(waiting.text).toContain("на рассмотрении");
  });

  it("below the one that is paid can be chosen later", () => {
    expect(shown([offer({ offer: "closed", why: "lower_level" })]).text).toContain("12 апреля 2027");
  });

  it("tell somebody who does not pay what B asks for, without a way to ask", () => {
    const { text } = shown([offer({ ...b, offer: "closed", why: "not_allowed" })], false);
    expect(text).toContain("Тариф для тех, чьи документы мы проверили.");
    expect(screen.queryByRole("link")).toBeNull();
  });

  it("stand beside each other, a row for each difference", () => {
    const { text } = shown([
      offer(),
      offer({ ...b, limits: { qr_codes: null, stories_per_month: 60, members: 25 } }),
    ]);
    expect(screen.getAllByRole("columnheader").map(({ textContent }) => plain(textContent))).toEqual([
      "Статус AУчастник",
      "Статус BПроверено",
    ]);
    expect(text).toContain("QR-коды10без ограничений");
    expect(text).toContain("Проверка документовне нужнанужна");
    expect(screen.queryByRole("radio")).toBeNull(); // there are only months
  });

  it("say what a year saves", () => {
    expect(shown([offer({ period: "year", saving: "2980.00" })]).text).toContain("на 2 980 ₽ меньше");
  });
});
