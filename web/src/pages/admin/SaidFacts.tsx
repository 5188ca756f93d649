import { Facts } from "../../design/Page";
import type { Fact } from "./said";

/** What was done, one line each; numbers in columns. */
export function SaidFacts({ facts }: { facts: readonly Fact[] }) {
  return (
    <div className="tabular-nums wrap-anywhere">
      <Facts items={facts} />
    </div>
  );
}
