import { useLocation } from "react-router";
import { ButtonLink } from "../design/Button";
import { PageHeader } from "../design/Page";
import { dictionary, useTexts } from "../i18n/dictionary";

const texts = dictionary(
  {
    title: "Такой страницы нет",
    lead: (path: string) =>
      `По адресу ${path} ничего не нашлось. Возможно, в нём опечатка или страницу убрали.`,
    home: "На главную",
  },
  {
    title: "There is no such page",
    lead: (path) => `Nothing was found at ${path}. There may be a typo, or the page was removed.`,
    home: "Home page",
  },
);

export function NotFoundPage() {
  const t = useTexts(texts);
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
