import { Skeleton, SkeletonLines } from "../../design/States";

/** The overview in grey: a strip, the passport, two cards, the chart. */
export function OverviewSkeleton() {
  return (
    <div className="flex min-h-dvh flex-col gap-8">
      <div className="flex flex-col gap-4 rounded-md border border-line bg-raised p-4 sm:p-5 lg:flex-row lg:items-center lg:justify-between">
        <div className="w-full max-w-md">
          <SkeletonLines count={2} />
        </div>
        <Skeleton className="h-11 w-40" />
      </div>
      <div className="grid grid-cols-1 items-center gap-8 rounded-md border border-line bg-raised p-5 sm:p-8 lg:grid-cols-2">
        <div className="flex flex-col gap-4">
          <Skeleton className="size-36 rounded-full" />
          <SkeletonLines count={2} />
        </div>
        <Skeleton className="h-32 w-full" />
      </div>
      <div className="grid grid-cols-1 gap-8 lg:grid-cols-2">
        {[7, 6].map((count) => (
          <div key={count} className="flex flex-col gap-4 rounded-md border border-line bg-raised p-5">
            <Skeleton className="h-6 w-40" />
            <SkeletonLines count={count} />
          </div>
        ))}
      </div>
      <Skeleton className="h-72 w-full" />
    </div>
  );
}
