import { Navigate, Outlet, useLocation } from "react-router";
import { useSession } from "../shared/session";
import { PageSkeleton } from "../shared/PageSkeleton";
import { withNext } from "../shared/next";

/** Pages below it are for people who are signed in; others sign in first and come back to the page they wanted. */
export function RequireSession() {
  const { status } = useSession();
  const { pathname, search, hash } = useLocation();
  if (status === "starting" || status === "leaving") return <PageSkeleton />;
  if (status === "signed-out")
    return <Navigate replace to={withNext("/sign-in", pathname + search + hash)} />;
  return <Outlet />;
}
