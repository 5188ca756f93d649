const frames = 60;

/**
 * Gives the focus to the page's heading when what had it leaves the page within a second, so that a keyboard and a
 * screen reader go on from this page and not from the top of the window. The page is drawn anew once its data are there.
 */
export function catchFocus(left = frames): void {
  requestAnimationFrame(() => {
    if (document.activeElement !== document.body) {
      if (left > 1) catchFocus(left - 1);
      return;
    }
    document.querySelector<HTMLElement>("main h1[tabindex]")?.focus({ preventScroll: true });
  });
}
