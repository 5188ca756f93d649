import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Check } from "lucide-react";
import { useState } from "react";
import { asApiError, type ApiError } from "../../api/errors";
import {
  notificationKinds,
  notificationSettings,
  setNotificationSetting,
  type NotificationKind,
  type NotificationSetting,
} from "../../api/notifications";
import { useUser } from "../../shared/session";
import { Icon } from "../../design/Icon";
import { Problem } from "../../design/Notice";
import { PageHeader, Section } from "../../design/Page";
import { Loaded, SkeletonLines } from "../../design/States";
import { account } from "../../i18n/account";
import { useTexts } from "../../i18n/dictionary";
import { notificationTexts } from "../../i18n/notifications";

/** Which kinds come, and how. A choice is kept as soon as it is made. */
export function NotificationSettingsPage() {
  const t = useTexts(notificationTexts);
  const a = useTexts(account);
  const user = useUser();
  const kinds = useQuery(notificationKinds());
  const settings = useQuery(notificationSettings(user.id));
  return (
    <div className="flex max-w-2xl flex-col gap-10">
      <PageHeader
        title={t.settingsTitle}
        lead={t.settingsLead}
        trail={[{ to: "/account", label: a.title }]}
      />
      <Loaded query={kinds} skeleton={<SkeletonLines count={8} />}>
        {(all) => (
          <Loaded query={settings} skeleton={<SkeletonLines count={8} />}>
            {(chosen) => (
              <>
                <Section title={t.choose}>
                  <Choices kinds={all.filter(({ is_essential }) => !is_essential)} chosen={chosen} />
                </Section>
                <Section title={t.always}>
                  <p className="measure text-muted">{t.alwaysWhy}</p>
                  <Always kinds={all.filter(({ is_essential }) => is_essential)} />
                </Section>
              </>
            )}
          </Loaded>
        )}
      </Loaded>
    </div>
  );
}

function useKindName() {
  const names: Partial<Record<string, string>> = useTexts(notificationTexts).kindName;
  return ({ kind }: NotificationKind) => names[kind] ?? kind;
}

function Choices({
  kinds,
  chosen,
}: {
  kinds: readonly NotificationKind[];
  chosen: readonly NotificationSetting[];
}) {
  const t = useTexts(notificationTexts);
  const nameOf = useKindName();
  const help: Partial<Record<string, string>> = t.kindHelp;
  const user = useUser();
  const queries = useQueryClient();
  const [problem, setProblem] = useState<ApiError>();
  // Held here, so that a box answers at once; the cache follows what was kept.
  const [settings, setSettings] = useState(chosen);

  const settingOf = ({ kind }: NotificationKind): NotificationSetting =>
    settings.find((each) => each.kind === kind) ?? { kind, in_app: true, by_email: true };

  async function choose(kind: NotificationKind, change: Partial<NotificationSetting>) {
    const before = settingOf(kind);
    const put = (setting: NotificationSetting) => (all: readonly NotificationSetting[]) => [
      ...all.filter((each) => each.kind !== kind.kind),
      setting,
    ];
    const next = { ...before, ...change };
    setProblem(undefined);
    setSettings(put(next));
    try {
      await setNotificationSetting(next);
      queries.setQueryData(notificationSettings(user.id).queryKey, (all = []) => put(next)(all));
    } catch (error) {
      setSettings(put(before));
      setProblem(asApiError(error));
    }
  }

  return (
    <>
      {problem && <Problem error={problem} />}
      <div className="flex flex-col border-t border-line">
        {kinds.map((kind) => {
          const setting = settingOf(kind);
          const name = nameOf(kind);
          return (
            <div
              key={kind.kind}
              className="flex flex-col gap-2 border-b border-line py-3 sm:flex-row sm:items-center sm:justify-between sm:gap-6"
            >
              <div className="min-w-0">
                <p className="font-medium">{name}</p>
                {help[kind.kind] && <p className="text-sm text-muted">{help[kind.kind]}</p>}
              </div>
              <div className="flex shrink-0 gap-5">
                <Box
                  label={t.inApp}
                  name={t.inAppFor(name)}
                  checked={setting.in_app}
                  onChange={(in_app) => void choose(kind, { in_app })}
                />
                <Box
                  label={t.byEmail}
                  name={t.byEmailFor(name)}
                  checked={setting.by_email}
                  onChange={(by_email) => void choose(kind, { by_email })}
                />
              </div>
            </div>
          );
        })}
      </div>
    </>
  );
}

function Box({
  label,
  name,
  checked,
  onChange,
}: {
  label: string;
  name: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
}) {
  return (
    <label className="flex min-h-9 cursor-pointer items-center gap-2">
      <input
        type="checkbox"
        aria-label={name}
        checked={checked}
        className="size-6 shrink-0 cursor-pointer accent-ink"
        onChange={(event) => onChange(event.target.checked)}
      />
      {label}
    </label>
  );
}

function Always({ kinds }: { kinds: readonly NotificationKind[] }) {
  const nameOf = useKindName();
  return (
    <ul className="flex flex-col border-t border-line">
      {kinds.map((kind) => (
        <li key={kind.kind} className="flex items-center gap-3 border-b border-line py-3">
          <span className="text-muted">
            <Icon of={Check} size={18} />
          </span>
          {nameOf(kind)}
        </li>
      ))}
    </ul>
  );
}
