/** How pages write of plans and levels; what is true of them the database says. */
import type { Plan } from "../../api/billing";
import { plural } from "../../i18n/dictionary";
import type { Language } from "../../i18n/locale";

/** What a card check holds and gives back, in roubles. */
export const holdAmount = 1;

/** «14 дней», «14 days»: the number and the noun stay together. */
export const days = (count: number, language: Language) =>
  language === "ru"
    ? `${count}\u00a0${plural.ru(count, "день", "дня", "дней")}`
    : `${count}\u00a0${plural.en(count, "day", "days")}`;

export const planTitle = (plan: Pick<Plan, "title">, language: Language) => plan.title[language];
