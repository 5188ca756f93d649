import { CircleUser } from "lucide-react";
import { Link, NavLink, Outlet } from "react-router";
import { ButtonLink } from "../design/Button";
import { Icon } from "../design/Icon";
import { platformPaths } from "../api/platformPages";
import { common } from "../i18n/common";
import { useTexts } from "../i18n/dictionary";
import { platformPageTexts } from "../i18n/platformPages";
import { Footer } from "./Footer";
import { Logo } from "./Logo";
import { SkipLink } from "./SkipLink";
import { useSession } from "../shared/session";

/** Pages anybody may see, and the account page. */
export function PublicLayout() {
  const c = useTexts(common);
  const t = c.nav;
  const { menu } = useTexts(platformPageTexts);
  const links = [
    { to: "/organizations", label: c.producers },
    { to: "/levels", label: c.levelsShort },
    { to: platformPaths.how_we_verify, label: menu.how_we_verify },
  ];
  const { status } = useSession();
  return (
    <div className="flex min-h-dvh flex-col">
      <SkipLink />
      <header className="border-b border-line">
        <nav
          aria-label={t.main}
          className="gutter mx-auto flex min-h-16 w-full max-w-6xl items-center justify-between gap-2"
        >
          <div className="flex items-center gap-6">
            <Logo />
            <ul className="hidden gap-5 md:flex">
              {links.map(({ to, label }) => (
                <li key={to}>
                  <NavLink
                    to={to}
                    className="inline-flex min-h-11 items-center hover:underline aria-[current=page]:underline"
                  >
                    {label}
                  </NavLink>
                </li>
              ))}
            </ul>
          </div>
          <div className="flex items-center gap-1">
            {(status === "signed-in" || status === "expired") && (
              <>
                <ButtonLink to="/dashboard" size="small" variant="secondary">
                  {t.dashboard}
                </ButtonLink>
                <Link
                  to="/account"
                  aria-label={t.account}
                  title={t.account}
                  className="grid size-11 place-items-center rounded-md hover:bg-sunken"
                >
                  <Icon of={CircleUser} />
                </Link>
              </>
            )}
            {status === "signed-out" && (
              <>
                <ButtonLink to="/sign-in" size="small" variant="quiet">
                  {t.signIn}
                </ButtonLink>
                <ButtonLink to="/sign-up" size="small" variant="secondary">
                  {t.signUp}
                </ButtonLink>
              </>
            )}
          </div>
        </nav>
      </header>
      <main id="content" tabIndex={-1} className="gutter mx-auto w-full max-w-6xl py-8 outline-none sm:py-12">
        <Outlet />
      </main>
      <Footer />
    </div>
  );
}
