import type { ApiError } from "../api/errors";
import { dictionary } from "./dictionary";

/** Why a file was not taken, by the codes of functions/files/inspector.py and our own. */
export const fileTexts = dictionary(
  {
    wrong_type_document: "Такой файл не подойдёт: нужен PDF, JPEG или PNG.",
    wrong_type_picture: "Такой файл не подойдёт: нужна картинка JPEG, PNG или WebP.",
    too_large: "Файл больше 10\u00a0МБ.",
    empty: "Файл пустой.",
    damaged: "Файл не открывается: он повреждён или не дописан. Сохраните его заново.",
    polyglot: "Внутри файла спрятано что-то ещё. Сохраните его заново как обычную картинку или PDF.",
    encrypted: "Документ закрыт паролем. Сохраните его без пароля.",
    no_pages: "В документе нет страниц.",
    active_content:
      "В документе есть сценарии или действия. Напечатайте его в PDF и отправьте получившийся файл.",
    embedded_file: "В документ вложены другие файлы. Отправьте их отдельно.",
    too_many_pixels: "Картинка слишком большая. Уменьшите её: хватит 8000 пикселей по длинной стороне.",
    animated: "Картинка движется. Нужна неподвижная.",
    other: "Файл не принят. Попробуйте другой.",
  },
  {
    wrong_type_document: "This file will not do: PDF, JPEG or PNG is needed.",
    wrong_type_picture: "This file will not do: a JPEG, PNG or WebP picture is needed.",
    too_large: "The file is larger than 10 MB.",
    empty: "The file is empty.",
    damaged: "The file does not open: it is damaged or incomplete. Save it again.",
    polyglot: "Something else is hidden inside this file. Save it again as a plain picture or PDF.",
    encrypted: "The document has a password. Save it without one.",
    no_pages: "The document has no pages.",
    active_content: "The document holds scripts or actions. Print it to PDF and send that file.",
    embedded_file: "Other files are attached inside the document. Send them separately.",
    too_many_pixels: "The picture is too big. Make it smaller: 8,000 pixels on the long side are plenty.",
    animated: "The picture moves. A still one is needed.",
    other: "The file was not accepted. Try another one.",
  },
);

/** The sentence about the file itself; undefined when something else went wrong. */
export function fileFault(
  error: ApiError,
  texts: Record<keyof typeof fileTexts.ru, string>,
  kind: "document" | "picture",
): string | undefined {
  if (error.code === "too_large") return texts.too_large;
  if (error.code !== "invalid_input") return undefined;
  const code = error.fields[0]?.code ?? "other";
  const known: Partial<Record<string, string>> = texts;
  return known[code === "wrong_type" ? `wrong_type_${kind}` : code] ?? texts.other;
}
