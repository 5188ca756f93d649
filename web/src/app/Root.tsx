import { clsx } from "clsx";
import { Outlet, ScrollRestoration, useNavigation } from "react-router";
import { Toasts } from "../design/Toasts";
import { Offline } from "./Offline";
import { SessionOver } from "./SessionOver";

/** What stands on every page, whatever its layout. */
export function Root() {
  const loading = useNavigation().state === "loading";
  return (
    <>
      <div
        aria-hidden
        className={clsx(
          "fixed inset-x-0 top-0 z-30 h-0.5 bg-ink transition-opacity delay-150",
          !loading && "opacity-0",
        )}
      />
      <Outlet />
      <Offline />
      <SessionOver />
      <Toasts />
      <ScrollRestoration />
    </>
  );
}
