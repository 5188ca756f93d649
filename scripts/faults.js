// What a machine can see of an open page: run in it by scripts/screenshots.py. `language`: the one it should speak.
(language) => {
  const found = [];
  const shown = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const unseen = (element) => element.closest(".sr-only, [aria-hidden=true], script, style, noscript") !== null;
  const named = (element) => {
    const text = element.textContent.trim().replace(/\s+/g, " ").slice(0, 60);
    return `<${element.localName}> ${text}`;
  };
  const scrolls = (element) => {
    for (let parent = element.parentElement; parent; parent = parent.parentElement)
      if (getComputedStyle(parent).overflowX !== "visible") return true;
    return false;
  };

  const page = document.scrollingElement;
  if (page.scrollWidth > innerWidth) {
    const wide = [...document.body.querySelectorAll("*")].filter(
      (element) => shown(element) && element.getBoundingClientRect().right > innerWidth + 1 && !scrolls(element),
    );
    found.push(`wider than the screen by ${page.scrollWidth - innerWidth}: ${wide.slice(-1).map(named)}`);
  }

  for (const element of document.body.querySelectorAll("*")) {
    const { overflow, overflowX, textOverflow, webkitLineClamp } = getComputedStyle(element);
    if (!/hidden|clip/.test(overflow + overflowX) || !shown(element) || unseen(element)) continue;
    const isAcross = element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 1;
    const isDown = element.scrollHeight > element.clientHeight + 3 && element.clientHeight > 1;
    if (element.textContent.trim() === "" || element.title !== "") continue;
    if (textOverflow === "ellipsis" && isAcross) found.push(`cut off: ${named(element)}`);
    else if (webkitLineClamp !== "none" ? isDown : isAcross) found.push(`cut: ${named(element)}`);
  }

  const foreign = /\b[A-Za-z]{3,}\s+[A-Za-z]{2,}\s+[A-Za-z]{2,}/;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { parentElement: around, data } = walker.currentNode;
    const text = data.trim();
    if (text === "" || !shown(around) || unseen(around) || around.closest("code, pre, textarea")) continue;
    if (/^[a-z]+(_[a-z0-9]+)+$/.test(text)) found.push(`a raw code: ${text}`);
    if (/\b(undefined|null|NaN|Invalid Date)\b/.test(text)) found.push(`not a text: ${text.slice(0, 60)}`);
    const isForeign = language === "ru" && foreign.test(text) && !/[а-яё]/i.test(text);
    if (isForeign && !around.closest("[lang=en]")) found.push(`not Russian: ${text.slice(0, 60)}`);
    const isLabel = around.closest("button, label, th, legend, nav, h2, h3, dt");
    if (language === "en" && isLabel && /[а-яё]{3}/i.test(text) && !around.closest("[lang=ru]"))
      found.push(`not English: <${isLabel.localName}> ${text.slice(0, 60)}`);
  }
  return [...new Set(found)];
}
