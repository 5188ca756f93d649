import { Link } from "react-router";
import { platformPaths } from "../api/platformPages";
import { common } from "../i18n/common";
import { useTexts } from "../i18n/dictionary";
import { platformPageTexts } from "../i18n/platformPages";
import { Preferences } from "./Preferences";

const pages = ["how_we_verify", "about", "contacts", "offer", "privacy"] as const;

/** Says on every public page that we are not the state system, and holds the language and the theme. */
export function Footer() {
  const t = useTexts(common);
  const { menu } = useTexts(platformPageTexts);
  const links = [
    { to: "/organizations", label: t.producers },
    { to: "/levels", label: t.levels },
    ...pages.map((page) => ({ to: platformPaths[page], label: menu[page] })),
    { to: "/reports", label: t.reports },
    { to: "/support", label: t.writeToUs },
  ];
  return (
    <footer className="mt-auto border-t border-line">
      <div className="gutter mx-auto flex w-full max-w-6xl flex-col gap-5 py-6 sm:flex-row sm:items-center sm:justify-between">
        <div className="measure flex flex-col items-start gap-1 text-sm text-muted">
          <p>{t.notTheState}</p>
          <nav aria-label={t.footer}>
            <ul className="flex flex-wrap gap-x-5">
              {links.map(({ to, label }) => (
                <li key={to}>
                  <Link to={to} className="link inline-flex min-h-6 items-center">
                    {label}
                  </Link>
                </li>
              ))}
            </ul>
          </nav>
        </div>
        <Preferences />
      </div>
    </footer>
  );
}
