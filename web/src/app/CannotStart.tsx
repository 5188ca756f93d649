import { Button } from "../design/Button";
import { common } from "../i18n/common";
import { useTexts } from "../i18n/dictionary";

/** Instead of the site, when /config.json cannot be read. */
export function CannotStart() {
  const t = useTexts(common);
  return (
    <main className="gutter mx-auto flex max-w-2xl flex-col items-start gap-4 py-16">
      <h1 className="text-2xl">{t.cannotStart.title}</h1>
      <p>{t.cannotStart.text}</p>
      <Button variant="primary" onClick={() => location.reload()}>
        {t.reload}
      </Button>
    </main>
  );
}
