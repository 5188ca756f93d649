// Runs before the first paint, so that nobody sees the wrong theme flash by. The rest of the web
// reads and writes the same two keys: src/design/theme.ts and src/i18n/language.ts.
try {
  const theme = localStorage.getItem("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  const language = localStorage.getItem("language");
  if (language === "ru" || language === "en") document.documentElement.lang = language;
} catch {
  // Storage is closed (a private window, a strict setting): the defaults hold.
}
