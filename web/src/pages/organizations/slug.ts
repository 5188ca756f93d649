/** The address of a public page, proposed from the name. The database holds the rule: 3–50 of a–z, 0–9 and «-». */

// prettier-ignore
const latin: Record<string, string> = {
  а: 'a', б: 'b', в: 'v', г: 'g', д: 'd', е: 'e', ё: 'e', ж: 'zh', з: 'z', и: 'i', й: 'y', к: 'k', л: 'l', м: 'm',
  н: 'n', о: 'o', п: 'p', р: 'r', с: 's', т: 't', у: 'u', ф: 'f', х: 'kh', ц: 'ts', ч: 'ch', ш: 'sh', щ: 'shch',
  ъ: '', ы: 'y', ь: '', э: 'e', ю: 'yu', я: 'ya',
};

/** Legal forms say nothing in an address: «ООО „Мёд и травы“» becomes med-i-travy. */
const legalForm = /^(ооо|оао|зао|пао|ао|ип|кфх|нко|ано|спк|ooo|llc|ltd)[\s"«„]+/i;

export const slugLength = { min: 3, max: 50 };

export function proposeSlug(name: string): string {
  return [...name.trim().replace(legalForm, "").toLowerCase()]
    .map((letter) => latin[letter] ?? letter)
    .join("")
    .normalize("NFD")
    .replace(/\p{Diacritic}/gu, "")
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, slugLength.max)
    .replace(/^-+|-+$/g, "");
}

/** While typing: capitals, spaces and Cyrillic turn into what is allowed, a trailing «-» may stay until the next letter. */
export function cleanSlug(text: string): string {
  return [...text.toLowerCase()]
    .map((letter) => latin[letter] ?? letter)
    .join("")
    .replace(/[^a-z0-9-]+/g, "-")
    .slice(0, slugLength.max);
}
