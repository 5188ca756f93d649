import { useQuery } from "@tanstack/react-query";
import { clsx } from "clsx";
import { CircleUser, LifeBuoy, LogOut, Menu as MenuIcon, ShieldCheck, type LucideIcon } from "lucide-react";
import { useId, useState, useSyncExternalStore, type ReactNode } from "react";
import { NavLink, useLocation } from "react-router";
import { isPlatformAdmin } from "../api/admin";
import { IconButton } from "../design/Button";
import { Dialog } from "../design/Dialog";
import { Icon } from "../design/Icon";
import { Menu, type MenuItem } from "../design/Menu";
import { common } from "../i18n/common";
import { useTexts } from "../i18n/dictionary";
import { leave, useUser } from "../shared/session";
import { Bell } from "./Bell";
import { Logo } from "./Logo";
import { Preferences } from "./Preferences";
import { SkipLink } from "./SkipLink";

export type Place = {
  to: string;
  icon: LucideIcon;
  name: string;
  /** Only this very address, not what lies below it. */
  end?: boolean;
  /** What lies below it and is a place of its own. */
  not?: string;
  /** Which of the four in the bar at the bottom of a phone. */
  bar?: 1 | 2 | 3 | 4;
};
export type Group = { title?: string; places: readonly Place[] };

type Parts = {
  /** Where the logo leads. */
  home: string;
  /** What the menu is called. */
  label: string;
  switcher?: ReactNode;
  groups: readonly Group[];
};

/** What stands around the pages of whoever is signed in: a column at a desk, bars above and below on a phone. */
export function Shell({ children, ...parts }: Parts & { children: ReactNode }) {
  const isDesk = useIsDesk();
  return (
    <div className="dense min-h-dvh lg:pl-60">
      <SkipLink />
      {isDesk ? <Column {...parts} /> : <Top {...parts} />}
      <main
        id="content"
        tabIndex={-1}
        className="gutter mx-auto w-full max-w-[75rem] min-w-0 py-6 pb-28 outline-none sm:pt-10 lg:pb-16"
      >
        {children}
      </main>
      {!isDesk && parts.groups.length > 0 && <Bar {...parts} />}
    </div>
  );
}

function Column({ home, label, switcher, groups }: Parts) {
  return (
    <header className="fixed inset-y-0 left-0 flex w-60 flex-col gap-3 overflow-y-auto border-r border-line bg-paper px-3 py-3">
      <div className="flex items-center justify-between pl-3">
        <Logo to={home} />
        <Bell />
      </div>
      {switcher}
      <Places label={label} groups={groups} />
      <div className="mt-auto flex flex-col gap-3 pt-3">
        <Account isWide />
        <Preferences />
      </div>
    </header>
  );
}

function Top({ home, switcher }: Parts) {
  return (
    <header className="border-b border-line">
      <div className="gutter flex min-h-14 items-center gap-1">
        <Logo to={home} short={switcher !== undefined} />
        {switcher}
        <div className="ml-auto flex shrink-0 items-center">
          <Bell />
          <Account />
        </div>
      </div>
    </header>
  );
}

/** The bottom of a phone: four places, and the rest behind «Ещё». */
function Bar({ label, groups }: Parts) {
  const t = useTexts(common).nav;
  const { pathname } = useLocation();
  const [isOpen, setOpen] = useState(false);
  const inBar = groups
    .flatMap(({ places }) => places.filter(({ bar }) => bar))
    .toSorted((a, b) => (a.bar ?? 0) - (b.bar ?? 0));
  const rest = groups
    .map((group) => ({ ...group, places: group.places.filter(({ bar }) => !bar) }))
    .filter(({ places }) => places.length > 0);
  const look =
    "flex min-h-14 w-full flex-col items-center justify-center gap-0.5 text-[0.6875rem] tracking-[-0.01em] leading-4 max-[359px]:tracking-[-0.035em] focus-visible:-outline-offset-2";
  return (
    <>
      <nav
        aria-label={label}
        className="fixed inset-x-0 bottom-0 z-10 border-t border-line bg-paper pb-[env(safe-area-inset-bottom)]"
      >
        <ul className="grid grid-cols-5">
          {inBar.map((place) => (
            <li key={place.to} className="min-w-0">
              <NavLink
                to={place.to}
                end={isAlone(place, pathname)}
                className={({ isActive }) => clsx(look, isActive ? "font-semibold text-ink" : "text-muted")}
              >
                <Icon of={place.icon} size={20} />
                <span className="max-w-full truncate">{place.name}</span>
              </NavLink>
            </li>
          ))}
          <li className="min-w-0">
            <button
              type="button"
              aria-haspopup="dialog"
              className={clsx(look, "text-muted")}
              onClick={() => setOpen(true)}
            >
              <Icon of={MenuIcon} size={20} />
              {t.more}
            </button>
          </li>
        </ul>
      </nav>
      <Dialog open={isOpen} onClose={() => setOpen(false)} title={t.more}>
        <Places label={t.more} groups={rest} onChosen={() => setOpen(false)} />
        <Preferences />
      </Dialog>
    </>
  );
}

const isAlone = ({ end, not }: Place, pathname: string) =>
  end ?? (not !== undefined && pathname.startsWith(not));

function Places({
  label,
  groups,
  onChosen,
}: {
  label: string;
  groups: readonly Group[];
  onChosen?: () => void;
}) {
  const id = useId();
  const { pathname } = useLocation();
  return (
    <nav aria-label={label} className="flex flex-col gap-4">
      {groups.map(({ title, places }, index) => (
        <div key={title ?? index} className="flex flex-col gap-1">
          {title && (
            <p id={`${id}-${index}`} className="px-3 text-xs text-muted">
              {title}
            </p>
          )}
          <ul className="flex flex-col gap-0.5" {...(title ? { "aria-labelledby": `${id}-${index}` } : {})}>
            {places.map((place) => (
              <li key={place.to}>
                <NavLink
                  to={place.to}
                  end={isAlone(place, pathname)}
                  onClick={onChosen}
                  className={({ isActive }) =>
                    clsx(
                      "flex min-h-11 items-center gap-3 rounded-md px-3 focus-visible:-outline-offset-2 lg:min-h-9",
                      isActive
                        ? "bg-sunken font-semibold text-ink"
                        : "text-muted hover:bg-sunken hover:text-ink",
                    )
                  }
                >
                  <Icon of={place.icon} size={18} />
                  {place.name}
                </NavLink>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  );
}

function Account({ isWide }: { isWide?: boolean }) {
  const t = useTexts(common);
  const user = useUser();
  const isAdmin = useQuery(isPlatformAdmin(user.id)).data === true;
  const items: MenuItem[] = [
    { key: "account", label: user.email, icon: <Icon of={CircleUser} size={18} />, to: "/account" },
    ...(isAdmin
      ? [{ key: "admin", label: t.nav.moderation, icon: <Icon of={ShieldCheck} size={18} />, to: "/admin" }]
      : []),
    { key: "support", label: t.writeToUs, icon: <Icon of={LifeBuoy} size={18} />, to: "/support" },
    {
      key: "leave",
      label: t.nav.signOut,
      icon: <Icon of={LogOut} size={18} />,
      apart: true,
      onSelect: () => void leave(),
    },
  ];
  return (
    <Menu
      align={isWide ? "start" : "end"}
      trigger={
        isWide ? (
          <button
            type="button"
            aria-label={`${t.nav.account}: ${user.email}`}
            className="flex min-h-11 items-center gap-3 rounded-md px-3 text-left hover:bg-sunken"
          >
            <Icon of={CircleUser} size={18} />
            <span title={user.email} className="line-clamp-2 min-w-0 py-1 leading-5 wrap-anywhere">
              <AtMark address={user.email} />
            </span>
          </button>
        ) : (
          <IconButton label={t.nav.account}>
            <Icon of={CircleUser} />
          </IconButton>
        )
      }
      items={items}
    />
  );
}

/** An address that is too long for its line breaks after the @. */
function AtMark({ address }: { address: string }) {
  const [name, domain] = address.split("@");
  return (
    <>
      {name}@<wbr />
      {domain}
    </>
  );
}

const desk = matchMedia("(min-width: 64rem)");

function useIsDesk(): boolean {
  return useSyncExternalStore(
    (listener) => {
      desk.addEventListener("change", listener);
      return () => desk.removeEventListener("change", listener);
    },
    () => desk.matches,
  );
}
