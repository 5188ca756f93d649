/**
 * The build is made once for each language: a page comes with the texts of the reader's own, and those of the other are
 * loaded whole when it is chosen. Sources know nothing of it: `dictionary(russian, english)` keeps both while developing and
 * in unit tests.
 *
 * Of each dictionary the build of one language keeps one argument; the other is replaced by `provided("<file>:<name>")`. The
 * module "x.ts?other" is the same file with `provide("<file>:<name>", <the other argument>)` in its place.
 */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import ts from "typescript";
import type { Plugin } from "vite";

export type Language = "ru" | "en";

const folder = join(import.meta.dirname, "../src/i18n");
const words = join(import.meta.dirname, "../../functions/mail/words.json");
const otherTexts = "\0other-texts";
const ownWords = "\0own-words";
const otherWords = "\0other-words";
const runtime = JSON.stringify(join(folder, "provided.ts"));

export function languages(own: Language): Plugin {
  const other = own === "ru" ? "en" : "ru";
  return {
    name: "languages",
    apply: "build",
    enforce: "pre",
    resolveId(source, importer) {
      if (source === "virtual:other-texts") return otherTexts;
      if (source === otherWords) return otherWords;
      return source.endsWith("/words.json") && importer?.startsWith(folder) ? ownWords : undefined;
    },
    load(id) {
      if (id === otherTexts)
        return [otherWords, ...dictionaries().map((file) => `${join(folder, file)}?other`)]
          .map((module) => `import ${JSON.stringify(module)};`)
          .join("\n");
      if (id !== ownWords && id !== otherWords) return;
      this.addWatchFile(words);
      const all = JSON.parse(readFileSync(words, "utf8")) as Record<Language, unknown>;
      if (id === otherWords)
        return `import { provide } from ${runtime}; provide("words", ${JSON.stringify(all[other])});`;
      return `import { given } from ${runtime};
        export default { ${own}: ${JSON.stringify(all[own])}, get ${other}() { return given("words"); } };`;
    },
    transform(code, id) {
      const [file = "", query] = id.split("?");
      if (!file.startsWith(folder)) return;
      if (file === join(folder, "provided.ts"))
        return code
          .replace("null; // the build's", `"${own}"; // the build's`)
          .replace("Promise.resolve()", 'import("virtual:other-texts")');
      return file.endsWith(".test.ts") ? undefined : split(code, basename(file), own, query === "other");
    },
  };
}

const dictionaries = () =>
  readdirSync(folder).filter(
    (file) => !file.includes(".test.") && readFileSync(join(folder, file), "utf8").includes("= dictionary("),
  );

/** The file with the texts of one language alone. */
function split(code: string, file: string, own: Language, isOther: boolean): string | undefined {
  const source = ts.createSourceFile(file, code, ts.ScriptTarget.Latest, true);
  const changes: { from: number; to: number; text: string }[] = [];
  source.forEachChild((statement) => {
    if (!ts.isVariableStatement(statement)) return;
    for (const { name, initializer: call } of statement.declarationList.declarations) {
      if (!call || !ts.isCallExpression(call) || call.expression.getText() !== "dictionary") continue;
      const [russian, english] = call.arguments;
      if (!russian || !english) throw new Error(`${file}: dictionary() takes the Russian and the English`);
      const key = JSON.stringify(`${file}:${name.getText()}`);
      const other = own === "ru" ? english : russian;
      changes.push(
        isOther
          ? { from: call.getStart(), to: call.end, text: `provide(${key}, ${other.getText()})` }
          : { from: other.getStart(), to: other.end, text: `provided(${key})` },
      );
    }
  });
  if (changes.length === 0) return;
  for (const { from, to, text } of changes.reverse()) code = code.slice(0, from) + text + code.slice(to);
  return `import { provide, provided } from ${runtime};\n${code}`;
}
