import { clsx } from "clsx";
import { CircleAlert, CircleCheck, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "react-router";
import type { ApiError, ErrorCode } from "../api/errors";
import { common } from "../i18n/common";
import { useTexts } from "../i18n/dictionary";
import { errorTexts } from "../i18n/errors";
import { Icon } from "./Icon";

const kinds = {
  info: { icon: Info, look: "bg-info-soft text-info" },
  good: { icon: CircleCheck, look: "bg-good-soft text-good" },
  warning: { icon: TriangleAlert, look: "bg-honey-soft text-accent" },
  bad: { icon: CircleAlert, look: "bg-bad-soft text-bad" },
};

/** Something the reader should know on this page: what happened, why, what now. */
export function Notice({
  kind = "info",
  title,
  children,
  action,
  live,
}: {
  kind?: keyof typeof kinds;
  title?: ReactNode;
  children?: ReactNode;
  action?: ReactNode;
  /** Read it out when it appears: `status` waits its turn, `alert` does not. */
  live?: "status" | "alert";
}) {
  const { icon, look } = kinds[kind];
  return (
    <div role={live} className={clsx("flex gap-3 rounded-md px-4 py-3", look)}>
      <span className="mt-0.5">
        <Icon of={icon} />
      </span>
      <div className="flex min-w-0 flex-1 flex-col gap-2">
        <div>
          {title && <p className="font-semibold">{title}</p>}
          {children && <div className="text-ink">{children}</div>}
        </div>
        {action && <div className="text-ink">{action}</div>}
      </div>
    </div>
  );
}

/** What a page says of a code in its own words: what it means here, and what to do. */
export type Explanations = Partial<Record<ErrorCode, string>>;

/** A failed call in the reader's language, with the number support needs; what only we can mend leads to us. */
export function Problem({
  error,
  action,
  explain,
}: {
  error: ApiError;
  action?: ReactNode;
  explain?: Explanations | undefined;
}) {
  const t = useTexts(common);
  const texts = useTexts(errorTexts);
  return (
    <Notice kind="bad" live="alert" action={action}>
      <p>{explain?.[error.code] ?? texts[error.code]}</p>
      {error.requestId && <p className="text-sm text-muted">{t.requestId(error.requestId)}</p>}
      {error.code === "unexpected" && <WriteToUs reference={error.requestId} />}
    </Notice>
  );
}

/** Where a text says «напишите нам». */
export function WriteToUs({ reference }: { reference?: string | undefined }) {
  const t = useTexts(common);
  return (
    <Link
      to={reference ? `/support?reference=${encodeURIComponent(reference)}` : "/support"}
      className="link inline-flex min-h-8 items-center"
    >
      {t.writeToUs}
    </Link>
  );
}
