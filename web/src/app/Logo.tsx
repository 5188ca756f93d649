import { Link } from "react-router";
import { common } from "../i18n/common";
import { useTexts } from "../i18n/dictionary";
import { Seal } from "../design/Seal";

/** The name with the seal, leading home. */
export function Logo() {
  const t = useTexts(common);
  return (
    <Link to="/" className="flex min-h-11 shrink-0 items-center gap-2 text-lg font-bold tracking-tight">
      <Seal className="size-7 text-honey" />
      {t.brand}
    </Link>
  );
}
