import { Loading, Skeleton, SkeletonLines } from "../design/States";

/** What stands in a page's place until its code or the session is there. */
export function PageSkeleton() {
  return (
    <Loading>
      {/* As tall as most pages turn out, so that the footer does not jump. */}
      <div className="flex min-h-dvh flex-col gap-8 py-2">
        <Skeleton className="h-9 w-64 max-w-full" />
        <SkeletonLines count={4} />
      </div>
    </Loading>
  );
}
