import { expect, it } from "vitest";
import { isPaymentPage } from "./paymentPage";

it.each([
  ["https://yoomoney.ru/checkout?orderId=1", true],
  ["http://localhost:4003/pay/1", true],
  ["http://127.0.0.1:4003/pay/1", true],
  ["http://yoomoney.ru/pay", false],
  ["https://yoomoney.ru@elsewhere.example/pay", false],
  ["javascript:alert(1)", false],
  ["data:text/html,x", false],
  ["/pay", false],
  ["", false],
])("%j may be opened to pay: %s", (address, may) => {
  expect(isPaymentPage(address)).toBe(may);
});
