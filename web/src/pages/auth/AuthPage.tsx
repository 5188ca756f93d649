import type { ReactNode } from "react";
import { PageHeader } from "../../design/Page";

/** A narrow column for one form; on a wide screen there is room for a word beside it. */
export function AuthPage({
  title,
  lead,
  aside,
  children,
}: {
  title: string;
  lead?: ReactNode;
  aside?: ReactNode;
  children: ReactNode;
}) {
  return (
    <div className="flex flex-col justify-center gap-10 lg:flex-row lg:gap-24 lg:py-6">
      <div className="mx-auto flex w-full max-w-104 flex-col gap-6 lg:mx-0">
        <PageHeader title={title} lead={lead} />
        {children}
      </div>
      {aside && <aside className="mx-auto w-full max-w-104 lg:mx-0 lg:max-w-80 lg:pt-3">{aside}</aside>}
    </div>
  );
}
