import { clsx } from "clsx";
import { Monitor, Moon, Sun } from "lucide-react";
import { updateProfile } from "../api/people";
import { Icon } from "../design/Icon";
import { chooseTheme, useTheme } from "../design/theme";
import { common } from "../i18n/common";
import { useTexts } from "../i18n/dictionary";
import { changeLocale, useLocale, type Language } from "../i18n/locale";
import { queryClient } from "../shared/queryClient";
import { useSession } from "../shared/session";

/** The language and the theme. */
export function Preferences() {
  return (
    <div className="flex shrink-0 flex-wrap gap-3">
      <LanguageSwitch />
      <ThemeSwitch />
    </div>
  );
}

const group = "flex rounded-md border border-line p-0.5";
const choice = (chosen: boolean) =>
  clsx(
    "flex min-h-9 min-w-9 items-center justify-center rounded-sm px-2 text-sm",
    chosen ? "bg-sunken font-semibold text-ink" : "text-muted hover:text-ink",
  );

function LanguageSwitch() {
  const t = useTexts(common);
  const { language } = useLocale();
  const { user } = useSession();

  function choose(next: Language) {
    changeLocale({ language: next });
    if (user) {
      // The choice holds on this device even when the profile cannot be reached.
      void updateProfile(user.id, { locale: next })
        .then((profile) => queryClient.setQueryData(["profile", user.id], profile))
        .catch(() => undefined);
    }
  }

  return (
    <div role="group" aria-label={t.language} className={group}>
      {(
        [
          ["ru", "Русский"],
          ["en", "English"],
        ] as const
      ).map(([code, name]) => (
        <button
          key={code}
          type="button"
          lang={code}
          aria-pressed={language === code}
          className={choice(language === code)}
          onClick={() => choose(code)}
        >
          {name}
        </button>
      ))}
    </div>
  );
}

function ThemeSwitch() {
  const t = useTexts(common).theme;
  const theme = useTheme();
  return (
    <div role="group" aria-label={t.label} className={group}>
      {(
        [
          ["system", t.system, Monitor],
          ["light", t.light, Sun],
          ["dark", t.dark, Moon],
        ] as const
      ).map(([key, name, icon]) => (
        <button
          key={key}
          type="button"
          aria-label={name}
          title={name}
          aria-pressed={theme === key}
          className={choice(theme === key)}
          onClick={() => chooseTheme(key)}
        >
          <Icon of={icon} size={18} />
        </button>
      ))}
    </div>
  );
}
