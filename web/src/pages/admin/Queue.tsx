import type { UseQueryResult } from "@tanstack/react-query";
import { clsx } from "clsx";
import { Inbox } from "lucide-react";
import type { ReactNode } from "react";
import { Link, useSearchParams } from "react-router";
import { Icon } from "../../design/Icon";
import { PageHeader } from "../../design/Page";
import { EmptyState, Loaded, SkeletonLines } from "../../design/States";

/** What waits for a person, the longest first; the one in view stands in the address (`?request=`), else the first. */
export function Queue<Item extends { id: string }>({
  title,
  lead,
  query,
  waiting,
  empty,
  emptyText,
  label,
  line,
  children,
}: {
  title: string;
  lead: string;
  query: UseQueryResult<Item[]>;
  /** How many wait, in words. */
  waiting: (list: readonly Item[]) => string;
  empty: string;
  emptyText: string;
  /** The name of the list. */
  label: string;
  line: (item: Item) => { name: string; note: ReactNode };
  children: (item: Item) => ReactNode;
}) {
  const [parameters] = useSearchParams();
  return (
    <div className="flex flex-col gap-8">
      <PageHeader
        title={title}
        lead={lead}
        state={query.data && query.data.length > 0 && <p>{waiting(query.data)}</p>}
      />
      <Loaded query={query} skeleton={<SkeletonLines count={8} />}>
        {(list) => {
          const chosen = list.find(({ id }) => id === parameters.get("request")) ?? list[0];
          if (!chosen) {
            return (
              <EmptyState title={empty} picture={<Icon of={Inbox} size={32} />}>
                {emptyText}
              </EmptyState>
            );
          }
          return (
            <div className="flex flex-col gap-8">
              {list.length > 1 && (
                <nav aria-label={label}>
                  <ol className="flex max-h-72 flex-col overflow-y-auto border-t border-line">
                    {list.map((item) => (
                      <Line key={item.id} id={item.id} isChosen={item.id === chosen.id} {...line(item)} />
                    ))}
                  </ol>
                </nav>
              )}
              {children(chosen)}
            </div>
          );
        }}
      </Loaded>
    </div>
  );
}

function Line({
  id,
  isChosen,
  name,
  note,
}: {
  id: string;
  isChosen: boolean;
  name: string;
  note: ReactNode;
}) {
  return (
    <li>
      <Link
        to={`?request=${id}`}
        aria-current={isChosen ? "true" : undefined}
        className={clsx(
          "flex flex-col gap-x-4 border-b border-line px-3 py-2 focus-visible:-outline-offset-2 sm:flex-row sm:items-baseline sm:justify-between",
          isChosen ? "bg-sunken font-semibold" : "hover:bg-sunken",
        )}
      >
        <span className="min-w-0 wrap-anywhere">{name}</span>
        <span className="shrink-0 text-sm font-normal text-muted">{note}</span>
      </Link>
    </li>
  );
}
