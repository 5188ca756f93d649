import { localMailbox } from "../../api/session";
import { Button } from "../../design/Button";
import { auth } from "../../i18n/auth";
import { useTexts } from "../../i18n/dictionary";
import { AuthPage } from "./AuthPage";

/** After a letter was sent: what to do now, and the way back when the address was wrong. */
export function CheckMail({ text, onOther }: { text: string; onOther: () => void }) {
  const t = useTexts(auth).checkMail;
  const mailbox = localMailbox();
  return (
    <AuthPage title={t.title}>
      <p role="status">{text}</p>
      <p className="text-muted">{t.nothing}</p>
      <div className="flex flex-wrap items-center gap-4">
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
