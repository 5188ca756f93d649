import { useLocation } from "react-router";
import { PageSkeleton } from "../../shared/PageSkeleton";
import { useSession } from "../../shared/session";
import { ButtonLink } from "../../design/Button";
import { Problem } from "../../design/Notice";
import { auth } from "../../i18n/auth";
import { useTexts } from "../../i18n/dictionary";
import { AuthPage } from "./AuthPage";
import { linkError } from "./linkError";
import { NewPassword } from "./NewPassword";

/** A new password for whoever is signed in. The link of a forgotten one leads to /confirm. */
export function ResetPasswordPage() {
  const t = useTexts(auth);
  const session = useSession();
  const problem = linkError(useLocation().hash);

  if (session.status === "starting") return <PageSkeleton />;
  if (!problem && session.user) return <NewPassword tokenHash={null} email={session.user.email} />;
  return (
    <AuthPage title={t.reset.title}>
      {problem ? <Problem error={problem} /> : <p>{t.reset.noLink}</p>}
      <ButtonLink to="/forgot-password" variant="primary">
        {t.reset.again}
      </ButtonLink>
    </AuthPage>
  );
}
