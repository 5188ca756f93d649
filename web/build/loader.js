// Added by the build (build/start.ts): what this address needs, in the reader's language.
{
  const plan = PLANS[document.documentElement.lang];
  const wanted = plan.pages.find(([address]) =>
    new RegExp(`^${address.replace(/:\w+/g, "[^/]+")}/?$`).test(location.pathname),
  );
  const add = (element) => document.head.append(element);
  for (const number of [...plan.files.keys()].slice(0, plan.first).concat(wanted?.slice(1) ?? []))
    add(
      Object.assign(document.createElement("link"), {
        rel: "modulepreload",
        crossOrigin: "",
        href: `/${plan.files[number]}`,
      }),
    );
  add(
    Object.assign(document.createElement("script"), {
      type: "module",
      crossOrigin: "",
      src: `/${plan.files[0]}`,
    }),
  );
}
