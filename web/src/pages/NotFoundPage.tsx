import { useLocation } from "react-router";
import { ButtonLink } from "../design/Button";
import { PageHeader } from "../design/Page";
import { useTexts } from "../i18n/dictionary";
import { notFoundTexts } from "../i18n/notFound";

export function NotFoundPage() {
  const t = useTexts(notFoundTexts);
  const { pathname } = useLocation();
  return (
    <div className="flex flex-col items-start gap-6">
      <PageHeader title={t.title} lead={t.lead(pathname)} />
      <ButtonLink to="/" variant="primary">
        {t.home}
      </ButtonLink>
    </div>
  );
}
