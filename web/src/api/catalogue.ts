/** The catalogue: producers whom a buyer looks for. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { data, database } from "./client";
import { keys } from "./keys";
import type { LostLevel, StatusLevel } from "./statuses";

export type CatalogueItem = {
  slug: string;
  name: string;
  legal_name: string | null;
  inn: string | null;
  /** The highest level held; null when none is. */
  level: StatusLevel | null;
  level_since: string | null;
  /** Held once and not now, highest first. */
  lost: LostLevel[];
  category: string | null;
  region: string | null;
  logo_path: string | null;
  /** Nobody is called what was asked for; this name is like it. */
  near: boolean;
};

/** Empty: not asked for. */
export type CatalogueFilters = { query: string; level: StatusLevel | ""; category: string; region: string };

export function catalogue({ query, level, category, region }: CatalogueFilters) {
  return infiniteQueryOptions({
    queryKey: keys.catalogue(query, level, category, region),
    initialPageParam: undefined as string | undefined,
    queryFn: ({ signal, pageParam }) =>
      data(
        database()
          .rpc("search_organizations", {
            query,
            category,
            region,
            ...(level && { level }),
            ...(pageParam && { after: pageParam }),
          })
          .abortSignal(signal),
      ) as unknown as Promise<{ items: CatalogueItem[]; next: string | null }>,
    getNextPageParam: ({ next }) => next,
  });
}

/** What the catalogue can be narrowed by. */
export function catalogueChoices() {
  return queryOptions({
    queryKey: keys.catalogueChoices(),
    queryFn: ({ signal }) =>
      data(database().rpc("get_catalogue_choices").abortSignal(signal)) as unknown as Promise<{
        categories: string[];
        regions: string[];
      }>,
  });
}
