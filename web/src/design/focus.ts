/**
 * Gives the focus to the page's heading when what had it has left the page, so that a keyboard and a screen
 * reader go on from this page and not from the top of the window. Waits until the page stands.
 */
export function catchFocus(): void {
  requestAnimationFrame(() => {
    if (document.activeElement !== document.body) return;
    document.querySelector<HTMLElement>("main h1[tabindex]")?.focus({ preventScroll: true });
  });
}
