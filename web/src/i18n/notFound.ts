/** An address at which there is nothing. */
import { dictionary } from "./dictionary";

export const notFoundTexts = dictionary(
  {
    title: "Такой страницы нет",
    lead: (path: string) =>
      `По адресу ${path} ничего не нашлось. Возможно, в нём опечатка или страницу убрали.`,
    home: "На главную",
  },
  {
    title: "There is no such page",
    lead: (path) => `Nothing was found at ${path}. There may be a typo, or the page was removed.`,
    home: "Home page",
  },
);
