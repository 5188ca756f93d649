import { useState } from "react";
import { asApiError, type ApiError } from "../../api/errors";
import { localMailbox } from "../../api/session";
import { Button } from "../../design/Button";
import { Problem } from "../../design/Notice";
import { toast } from "../../design/toast";
import { auth } from "../../i18n/auth";
import { useTexts } from "../../i18n/dictionary";
import { AuthPage } from "./AuthPage";

/** After an e-mail was sent: what to do now, and the way back when the address was wrong. */
export function CheckMail({
  text,
  onAgain,
  onOther,
}: {
  text: string;
  onAgain?: () => Promise<void>;
  onOther: () => void;
}) {
  const t = useTexts(auth).checkMail;
  const [pending, setPending] = useState(false);
  const [problem, setProblem] = useState<ApiError>();
  const again = async () => {
    setPending(true);
    setProblem(undefined);
    try {
      await onAgain?.();
      toast(t.sentAgain);
    } catch (error) {
      setProblem(asApiError(error));
    } finally {
      setPending(false);
    }
  };
  const mailbox = localMailbox();
  return (
    <AuthPage title={t.title}>
      <p role="status">{text}</p>
      <p className="text-muted">{t.nothing}</p>
      {problem && <Problem error={problem} />}
      <div className="flex flex-wrap items-center gap-4">
        {onAgain && (
          <Button pending={pending && t.sending} onClick={() => void again()}>
            {t.again}
          </Button>
        )}
        <Button onClick={onOther}>{t.other}</Button>
        {mailbox && (
          <a className="link" href={mailbox} target="_blank" rel="noreferrer">
            {t.mailbox}
          </a>
        )}
      </div>
    </AuthPage>
  );
}
