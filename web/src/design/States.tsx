import { clsx } from "clsx";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ApiError, asApiError } from "../api/errors";
import { common } from "../i18n/common";
import { useTexts } from "../i18n/dictionary";
import { Button } from "./Button";
import { Problem } from "./Notice";

/** A grey place of the size of what is coming: `<Skeleton className="h-8 w-40" />`. */
export function Skeleton({ className }: { className?: string }) {
  return (
    <span aria-hidden className={clsx("block animate-pulse rounded-sm bg-line", className ?? "h-5 w-full")} />
  );
}

/** Lines of a text that is coming. */
export function SkeletonLines({ count = 3 }: { count?: number }) {
  return (
    <div className="flex flex-col gap-3">
      {Array.from({ length: count }, (_, index) => (
        <Skeleton key={index} className={clsx("h-5", index === count - 1 ? "w-2/3" : "w-full")} />
      ))}
    </div>
  );
}

/** Says that something is loading to those who do not see the skeleton inside. */
export function Loading({ children }: { children: ReactNode }) {
  const t = useTexts(common);
  return (
    <div role="status" aria-busy>
      <span className="sr-only">{t.loading}</span>
      {children}
    </div>
  );
}

export function ErrorState({ error, retry }: { error: unknown; retry?: () => void }) {
  const t = useTexts(common);
  return (
    <Problem
      error={asApiError(error)}
      action={
        retry && (
          <Button size="small" onClick={retry}>
            {t.retry}
          </Button>
        )
      }
    />
  );
}

/** Nothing here yet: what will be here, and the button that starts it. */
export function EmptyState({
  title,
  children,
  action,
  picture,
}: {
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  picture?: ReactNode;
}) {
  return (
    <div className="flex flex-col items-start gap-4 rounded-md border border-dashed border-edge px-5 py-8 sm:px-8">
      {picture}
      <div className="flex flex-col gap-1">
        <h2 className="text-lg">{title}</h2>
        {children && <div className="measure text-muted">{children}</div>}
      </div>
      {action}
    </div>
  );
}

/**
 * What a query gave, with its loading and error states: no page forgets them.
 *
 *   <Loaded query={plans} skeleton={<SkeletonLines />}>{(list) => …}</Loaded>
 */
export function Loaded<T>({
  query,
  skeleton,
  children,
}: {
  query: UseQueryResult<T>;
  skeleton: ReactNode;
  children: (data: T) => ReactNode;
}) {
  // Data once shown stays when a later refresh fails.
  if (query.data !== undefined) return children(query.data);
  // Without a network nothing is asked; once it is back, this goes on by itself.
  if (query.fetchStatus === "paused") return <ErrorState error={new ApiError("offline")} />;
  if (query.isError) return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  return <Loading>{skeleton}</Loading>;
}
