import { expect, it } from "vitest";
import { canonicalEmail } from "./emails";

// The same pairs as tests/db/test_canonical_email.py: pages and database agree on one mailbox.
it.each([
  ["ANNA@Example.Com", "anna@example.com"],
  ["\t anna@example.com\u00a0", "anna@example.com"],
  ["anna@Пасека.РФ", "anna@xn--80aaouwn.xn--p1ai"],
  ["anna@xn--80AAOUWN.XN--p1ai", "anna@xn--80aaouwn.xn--p1ai"],
  ["anna@йод.рф".normalize("NFD"), "anna@xn--d1ajp.xn--p1ai"],
  ["anna@пасека。рф", "anna@xn--80aaouwn.xn--p1ai"],
  ["no address", "no address"],
  ["", ""],
])("%j is kept as %j", (typed, kept) => {
  expect(canonicalEmail(typed)).toBe(kept);
});
