// Runs before the first paint, so that nobody sees the wrong theme flash by, nor waits for texts of the wrong language. The rest
// of the web reads and writes the same two keys: src/design/theme.ts and src/i18n/locale.ts.
{
  const stored = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null; // Storage is closed (a private window, a strict setting): the defaults hold.
    }
  };
  const theme = stored("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  const language = stored("language");
  const asked = navigator.languages.map((tag) => tag.slice(0, 2));
  const preferred = !asked.includes("ru") && asked.includes("en") ? "en" : "ru";
  document.documentElement.lang = language === "ru" || language === "en" ? language : preferred;
}
