import { Link } from "react-router";
import { useTexts } from "../i18n/dictionary";
import { reportTexts } from "../i18n/reports";

/** Where a buyer tells us of abuse: by an organization, or else by an address. */
export function ReportLink(about: { organization: string } | { url: string }) {
  const t = useTexts(reportTexts);
  return (
    <p>
      <Link
        to={`/report?${new URLSearchParams(about)}`}
        className="link inline-flex min-h-8 items-center text-sm text-muted"
      >
        {t.action}
      </Link>
    </p>
  );
}
