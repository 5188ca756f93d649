import { useSyncExternalStore } from "react";

export type Theme = "system" | "light" | "dark";

// index.html reads the same key.
const storageKey = "theme";
const listeners = new Set<() => void>();

function currentTheme(): Theme {
  const chosen = document.documentElement.dataset.theme;
  return chosen === "light" || chosen === "dark" ? chosen : "system";
}

export function chooseTheme(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    if (theme === "system") localStorage.removeItem(storageKey);
    else localStorage.setItem(storageKey, theme);
  } catch {
    // Storage is closed: the choice lasts as long as the page.
  }
  for (const listener of listeners) listener();
}

export function useTheme(): Theme {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, currentTheme);
}

const night = matchMedia("(prefers-color-scheme: dark)");

/** Whether it is dark now, by choice or as in the system: for what is drawn and does not follow by itself. */
export function useIsDark(): boolean {
  const theme = useTheme();
  const isNight = useSyncExternalStore(
    (listener) => {
      night.addEventListener("change", listener);
      return () => night.removeEventListener("change", listener);
    },
    () => night.matches,
  );
  return theme === "system" ? isNight : theme === "dark";
}
