import { Link } from "react-router";
import { common } from "../i18n/common";
import { useTexts } from "../i18n/dictionary";
import { Preferences } from "./Preferences";

/** Says on every public page that we are not the state system, and holds the language and the theme. */
export function Footer() {
  const t = useTexts(common);
  return (
    <footer className="mt-auto border-t border-line">
      <div className="gutter mx-auto flex w-full max-w-6xl flex-col gap-5 py-6 sm:flex-row sm:items-center sm:justify-between">
        <div className="measure flex flex-col items-start gap-1 text-sm text-muted">
          <p>{t.notTheState}</p>
          <p className="flex flex-wrap gap-x-5">
            <Link to="/organizations" className="link inline-flex min-h-6 items-center">
              {t.producers}
            </Link>
            <Link to="/levels" className="link inline-flex min-h-6 items-center">
              {t.levels}
            </Link>
            <Link to="/support" className="link inline-flex min-h-6 items-center">
              {t.writeToUs}
            </Link>
          </p>
        </div>
        <Preferences />
      </div>
    </footer>
  );
}
