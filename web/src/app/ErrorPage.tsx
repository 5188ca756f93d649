import { useEffect } from "react";
import { useRouteError } from "react-router";
import { ApiError } from "../api/errors";
import { Button, ButtonLink } from "../design/Button";
import { PageHeader } from "../design/Page";
import { common } from "../i18n/common";
import { useTexts } from "../i18n/dictionary";

/** A page that threw, or whose code did not arrive: no connection, or a new version took it away. */
export function ErrorPage() {
  const t = useTexts(common);
  const error = useRouteError();
  const missing =
    error instanceof ApiError || (error instanceof TypeError && /module|import/i.test(error.message));
  useEffect(() => console.error(error), [error]);

  // A browser may remember that a piece of code was not there; only a fresh page asks for it again.
  useEffect(() => {
    if (!missing) return;
    const again = () => location.reload();
    addEventListener("online", again);
    return () => removeEventListener("online", again);
  }, [missing]);

  const texts = missing ? t.notLoaded : t.brokenPage;
  return (
    <div className="flex flex-col gap-6 py-8">
      <PageHeader title={texts.title} lead={texts.text} />
      <div className="flex flex-wrap gap-3">
        <Button variant="primary" onClick={() => location.reload()}>
          {t.reload}
        </Button>
        <ButtonLink to="/" reloadDocument>
          {t.home}
        </ButtonLink>
        <ButtonLink to="/support" variant="quiet" reloadDocument>
          {t.writeToUs}
        </ButtonLink>
      </div>
    </div>
  );
}
