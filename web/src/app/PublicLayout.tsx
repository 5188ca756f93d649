import { CircleUser, Menu } from "lucide-react";
import { useEffect, useRef } from "react";
import { Link, NavLink, Outlet, useLocation } from "react-router";
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

type NamedLink = { to: string; label: string };

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
                <span className="max-[359px]:hidden">
                  <ButtonLink to="/sign-in" size="small" variant="quiet">
                    {t.signIn}
                  </ButtonLink>
                </span>
                <ButtonLink to="/sign-up" size="small" variant="secondary">
                  {t.signUp}
                </ButtonLink>
              </>
            )}
            <PhoneMenu links={links} isSignedOut={status === "signed-out"} />
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

/** On a phone the header's links stand behind a button; it works before the app does, too (functions/pages/templates/layout.jinja). */
function PhoneMenu({ links, isSignedOut }: { links: readonly NamedLink[]; isSignedOut: boolean }) {
  const t = useTexts(common).nav;
  const { pathname } = useLocation();
  const details = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const menu = details.current;
    const leave = (event: KeyboardEvent | FocusEvent) => {
      if (!menu?.open) return;
      if (
        event instanceof KeyboardEvent
          ? event.key !== "Escape"
          : menu.contains(event.relatedTarget as Node | null)
      )
        return;
      menu.open = false;
      if (event instanceof KeyboardEvent) menu.querySelector("summary")?.focus();
    };
    menu?.addEventListener("keydown", leave);
    menu?.addEventListener("focusout", leave);
    return () => {
      menu?.removeEventListener("keydown", leave);
      menu?.removeEventListener("focusout", leave);
    };
  }, [pathname]);
  return (
    <details key={pathname} ref={details} className="relative md:hidden">
      <summary
        aria-label={t.menu}
        title={t.menu}
        className="grid size-11 cursor-pointer list-none place-items-center rounded-md hover:bg-sunken [&::-webkit-details-marker]:hidden"
      >
        <Icon of={Menu} />
      </summary>
      <ul className="absolute top-full right-0 z-20 w-64 rounded-md border border-edge bg-raised p-2">
        {links.map(({ to, label }) => (
          <li key={to}>
            <NavLink
              to={to}
              className="flex min-h-11 items-center rounded-md px-3 hover:bg-sunken aria-[current=page]:bg-sunken"
            >
              {label}
            </NavLink>
          </li>
        ))}
        {isSignedOut && (
          <li className="min-[360px]:hidden">
            <NavLink to="/sign-in" className="flex min-h-11 items-center rounded-md px-3 hover:bg-sunken">
              {t.signIn}
            </NavLink>
          </li>
        )}
      </ul>
    </details>
  );
}
