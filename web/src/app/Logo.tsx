import { clsx } from "clsx";
import { Link } from "react-router";
import { common } from "../i18n/common";
import { useTexts } from "../i18n/dictionary";
import { markShapes } from "../status/seal";

/** The name with its mark, the seal with a tick, leading home. `short`: on a phone the mark stands alone. */
export function Logo({ to = "/", short }: { to?: string; short?: boolean }) {
  const t = useTexts(common);
  return (
    <Link to={to} className="flex min-h-11 shrink-0 items-center gap-2 text-lg font-bold tracking-tight">
      <svg
        viewBox="0 0 100 100"
        className="size-7"
        aria-hidden
        dangerouslySetInnerHTML={{ __html: markShapes() }} // out of a file of ours
      />
      <span className={clsx(short && "sr-only sm:not-sr-only")}>{t.brand}</span>
    </Link>
  );
}
