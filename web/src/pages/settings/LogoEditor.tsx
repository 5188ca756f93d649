import { useQueryClient } from "@tanstack/react-query";
import { ImagePlus } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { asApiError, type ApiError } from "../../api/errors";
import { logoAddress, removeLogo, uploadLogo, type Organization } from "../../api/organizations";
import { uploadFault } from "../../api/storage";
import { Button } from "../../design/Button";
import { ConfirmDialog } from "../../design/Dialog";
import { FileButton } from "../../design/FileButton";
import { Icon } from "../../design/Icon";
import { Problem } from "../../design/Notice";
import { Progress } from "../../design/Progress";
import { toast } from "../../design/toast";
import { useTexts } from "../../i18n/dictionary";
import { fileFault, fileTexts } from "../../i18n/files";
import { useFormats } from "../../i18n/format";
import { settingsTexts } from "../../i18n/settings";
import { Logo } from "../organizations/Logo";
import { keys } from "../../api/keys";

const types = ["image/jpeg", "image/png", "image/webp"] as const;

type Sending = { file: File; preview: string; share: number };

/** The organization's picture: chosen, sent with progress, judged by content, shown; or taken away. */
export function LogoEditor({ organization }: { organization: Organization }) {
  const t = useTexts(settingsTexts).logo;
  const f = useTexts(fileTexts);
  const { percent } = useFormats();
  const queries = useQueryClient();
  const [sending, setSending] = useState<Sending>();
  const [problem, setProblem] = useState<ApiError>();
  const [isAsking, setAsking] = useState(false);
  const stop = useRef<AbortController>(undefined);

  // Leaving the page stops what is being sent.
  useEffect(() => () => stop.current?.abort(), []);

  async function refresh() {
    await Promise.all([
      queries.invalidateQueries({ queryKey: keys.account() }),
      queries.invalidateQueries({ queryKey: keys.organization(organization.slug) }),
    ]);
  }

  async function send(file: File) {
    const fault = uploadFault(file, types);
    setProblem(fault);
    if (fault) return;
    const controller = new AbortController();
    stop.current = controller;
    const preview = URL.createObjectURL(file);
    setSending({ file, preview, share: 0 });
    try {
      await uploadLogo(organization.id, file, {
        onProgress: (share) => setSending((now) => now && { ...now, share }),
        signal: controller.signal,
      });
      await refresh();
      toast(t.done);
    } catch (error) {
      if (!controller.signal.aborted) setProblem(asApiError(error));
    } finally {
      setSending(undefined);
      URL.revokeObjectURL(preview);
    }
  }

  const fault = problem && fileFault(problem, f, "picture");
  return (
    <div className="flex max-w-xl flex-col gap-3">
      <h3 className="text-lg">{t.title}</h3>
      <div className="flex items-center gap-4 sm:gap-6">
        <Logo
          name={organization.name}
          address={sending?.preview ?? logoAddress(organization)}
          alt={t.alt(organization.name)}
          size={96}
        />
        <div className="flex min-w-0 flex-1 flex-col gap-3">
          {sending ? (
            <>
              <Progress
                label={sending.share < 1 ? t.sending : t.judging}
                value={Math.round(sending.share * 100)}
                max={100}
                of=""
                note={sending.share < 1 ? percent(sending.share) : ""}
              />
              <div>
                <Button size="small" onClick={() => stop.current?.abort()}>
                  {t.cancel}
                </Button>
              </div>
            </>
          ) : (
            <>
              <div className="flex flex-wrap gap-3">
                <FileButton
                  accept={types}
                  icon={<Icon of={ImagePlus} size={18} />}
                  onFiles={([file]) => file && void send(file)}
                >
                  {organization.logo_path ? t.change : t.choose}
                </FileButton>
                {organization.logo_path && (
                  <Button variant="quiet" onClick={() => setAsking(true)}>
                    {t.remove}
                  </Button>
                )}
              </div>
              <p className="text-sm text-muted">{t.help}</p>
            </>
          )}
        </div>
      </div>
      {problem &&
        (fault ? (
          <p role="alert" className="text-bad">
            {fault}
          </p>
        ) : (
          <Problem error={problem} />
        ))}
      <ConfirmDialog
        open={isAsking}
        onClose={() => setAsking(false)}
        title={t.removeTitle(organization.name)}
        action={t.removeAction}
        pendingText={t.removing}
        onConfirm={async () => {
          await removeLogo(organization.id);
          await refresh();
          toast(t.removed);
        }}
      >
        {t.removeText}
      </ConfirmDialog>
    </div>
  );
}
