// Quotation marks, dashes and the like in everything a person reads: the dictionaries, the words of codes, e-mails and the
// functions' pages. No-break spaces are not asked for here: src/i18n/typeset.ts and functions/mail/wording.py put them in.
// `npm run check` runs it; it names each mistake by file and line, and exits with 1 when there is one.
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import ts from "typescript";

const ROOT = new URL("../../", import.meta.url).pathname;
const DICTIONARIES = join(ROOT, "web", "src", "i18n");
const WORDS = ["functions/mail/words.json", "functions/pages/words.json"];
const PAGES = [
  "functions/mail/templates",
  "functions/pages/templates",
  "functions/qr/pages",
  "supabase/templates",
].map((path) => join(ROOT, path));

const VALUE = "…"; // what stands where a value will be

/** Each: what is wrong, and what finds it. */
const everywhere = [
  ["two spaces", /[ \u00a0]{2}/],
  ["a straight quotation mark", /"/],
  ["three dots, not …", /\.\.\./],
  ["a hyphen for a dash", /(?<=[^\s|]) -(?= )/],
  ["a space before a sign", /[\wа-яё)] [,;:!?](?![^\s])/i],
  ["letters of two scripts in one word", /(?!Ю[kM])(?:[а-яё][a-z]|[a-z][а-яё])/i],
  ["a full stop twice", /\.[»”]\.|(?<!\.)\.\.(?!\.)/],
];
const of = {
  ru: [
    ...everywhere,
    ["an apostrophe for a quotation mark", /(?<![a-z])'|'(?![a-z])/i],
    ["English quotation marks", /”|“(?![^„]*$)(?<!„[^“]*“)/],
    ["“Честно” without «»", /(?!^Честно$)(?<![«\p{L}]|· )Честно(?!»|\p{L}| ·|: …)/u],
  ],
  en: [...everywhere, ["a straight apostrophe", /'/], ["Russian quotation marks", /[«»„](?![^«]*ЗНАК)/]],
};

let count = 0;
const mistakes = [];

/** @param {"ru" | "en"} language */
function read(text, language, where) {
  if (text.includes("\n")) return; // the example of a file
  count += 1;
  for (const [what, wrong] of of[language]) {
    const found = wrong.exec(text);
    if (found)
      mistakes.push(`${where}: ${what}: …${text.slice(Math.max(0, found.index - 30), found.index + 30)}…`);
  }
  for (const [open, close] of language === "ru" ? ["«»", "„“"] : ["“”"])
    if (text.split(open).length !== text.split(close).length)
      mistakes.push(`${where}: ${open} and ${close} not in pairs: ${text}`);
}

/** Every text below a node of a dictionary: strings, and templates with … for each value. */
function texts(node, language, file) {
  const text =
    ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)
      ? node.text
      : ts.isTemplateExpression(node)
        ? node.head.text + node.templateSpans.map((span) => VALUE + span.literal.text).join("")
        : undefined;
  const isKey = ts.isPropertyAssignment(node.parent) && node.parent.name === node;
  const isType = ts.isLiteralTypeNode(node.parent);
  const isCompared = ts.isBinaryExpression(node.parent) && !isPlus(node.parent);
  const isAsked = ts.isElementAccessExpression(node.parent) && node.parent.argumentExpression === node;
  if (text !== undefined && !isKey && !isType && !isCompared && !isAsked)
    read(
      text,
      language,
      `${file.fileName}:${file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1}`,
    );
  ts.forEachChild(node, (child) => texts(child, language, file));
}

function isPlus(node) {
  return node.operatorToken.kind === ts.SyntaxKind.PlusToken;
}

function dictionaries(node, file) {
  if (ts.isCallExpression(node) && node.expression.getText(file) === "dictionary") {
    const [ru, en] = node.arguments;
    texts(ru, "ru", file);
    texts(en, "en", file);
  } else ts.forEachChild(node, (child) => dictionaries(child, file));
}

for (const name of readdirSync(DICTIONARIES))
  if (/\.tsx?$/.test(name) && !name.includes(".test.")) {
    const path = join(DICTIONARIES, name);
    const file = ts.createSourceFile(
      relative(ROOT, path),
      readFileSync(path, "utf8"),
      ts.ScriptTarget.Latest,
      true,
    );
    dictionaries(file, file);
  }

/** The texts of a tree of codes. */
function codes(value, language, where) {
  if (typeof value === "string") read(value, language, where);
  else for (const [key, text] of Object.entries(value)) codes(text, language, `${where} ${key}`);
}

for (const path of WORDS)
  for (const [language, words] of Object.entries(JSON.parse(readFileSync(join(ROOT, path), "utf8"))))
    codes(words, language, `${path} ${language}`);

for (const folder of PAGES)
  for (const name of readdirSync(folder)) {
    if (!/\.(jinja|html)$/.test(name)) continue;
    const path = join(folder, name);
    readFileSync(path, "utf8")
      .replace(/<style[^]*?<\/style>|\{#[^]*?#\}|<!--[^]*?-->/g, (hidden) => hidden.replace(/[^\n]/g, ""))
      .replace(/\{\{[^]*?\}\}/g, VALUE)
      .replace(/\{%[^]*?%\}|<[^>]*>/g, (tag) => tag.replace(/[^\n]/g, "").padStart(1, "|"))
      .replaceAll("&nbsp;", "\u00a0")
      .split("\n")
      .forEach((line, at) => {
        for (const text of line.split("|"))
          if (text.trim())
            read(
              text.trim(),
              /[а-яё]/i.test(text) || /\.ru\./.test(name) ? "ru" : "en",
              `${relative(ROOT, path)}:${at + 1}`,
            );
      });
  }

for (const mistake of mistakes) console.error(mistake);
console.log(`words: ${count} texts, ${mistakes.length} mistakes`);
process.exit(mistakes.length ? 1 : 0);
