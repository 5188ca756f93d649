// Written by the build into /start.js (build/start.ts): what this address needs, in the reader's language.
{
  const plans = PLANS;
  const plan = plans[document.documentElement.lang];
  const wanted = plan.pages.find(([address]) =>
    new RegExp(`^${address.replace(/:\w+/g, "[^/]+")}/?$`).test(location.pathname),
  );
  const add = (name, given) => document.head.append(Object.assign(document.createElement(name), given));
  const begin = () => {
    add("link", { rel: "preload", as: "fetch", crossOrigin: "", href: "/config.json" });
    const files = [...plan.files.keys()].slice(0, plan.first).concat(wanted?.slice(1) ?? []);
    for (const file of plans.shared.concat(files.map((number) => plan.files[number])))
      add("link", { rel: "modulepreload", crossOrigin: "", href: `/${file}` });
    add("script", { type: "module", crossOrigin: "", src: `/${plan.files[0]}` });
  };
  // What the server wrote is read first: only once it is painted the app comes. Where nobody looks, nothing is painted.
  const start = () => {
    const isWritten = document.querySelector("[data-written]") && document.visibilityState === "visible";
    if (isWritten) requestAnimationFrame(() => setTimeout(begin));
    else begin();
  };
  // It may be here before the page is.
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
}
