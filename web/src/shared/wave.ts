/**
 * A page of the dashboard waits for its code, for the account that says which organizations there are, and for its own
 * answers. They need not wait for one another: the organization shown is the one that was shown last.
 */
import type { Query, QueryKey, UseQueryOptions } from "@tanstack/react-query";
import type { LoaderFunctionArgs } from "react-router";
import { account } from "../api/account";
import { chosenOrganization } from "./organization";
import { queryClient } from "./queryClient";
import { whoIsSignedIn } from "./session";

// What comes of it is the page's own matter.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Question = UseQueryOptions<any, Error, any, any> & { queryKey: QueryKey };

/** When the page in view began to be opened, in milliseconds. */
let opened = 0;

/**
 * For a page whose answers are never fresh (`refetchOnMount`): it asks again, but not for what its route has begun to ask
 * and has got before the page's code was here.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export const unlessSinceOpened = ({ state }: Query<any, Error, any, any>): boolean =>
  state.dataUpdatedAt < opened;

/**
 * The loader of a route whose page will ask these questions. It waits for nothing: an answer that comes to nothing
 * (one is no longer a member there) is asked for again by the page, of another organization.
 */
export function begins(questions: (organizationId: string) => readonly Question[]) {
  return ({ request }: LoaderFunctionArgs): null => {
    opened = Date.now();
    const slug = new URL(request.url).searchParams.get("organization");
    void whoIsSignedIn().then((user) => {
      if (!user) return;
      const known = queryClient.getQueryData(account(user.id).queryKey)?.organizations;
      const id = slug
        ? known?.find(({ organization }) => organization.slug === slug)?.organization.id
        : chosenOrganization(user.id);
      // The page finds it under way, or asks again where it failed.
      if (id) for (const question of questions(id)) void queryClient.query(question).catch(() => undefined);
    });
    return null;
  };
}
