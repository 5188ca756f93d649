/**
 * What a page needs is asked for at once, and not one after the other found: /start.js is told at the end of the build which files
 * each address of the router needs in each language, and begins to load them. The page itself names what all of them share; where
 * the server wrote it (functions/pages/shell.py), it does not, and all of them come after the first paint.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import type { Plugin, Rolldown } from "vite";
import type { Language } from "./languages.ts";

const root = join(import.meta.dirname, "..");
const router = join(root, "src/router.tsx");

/** One build's files: the first module, what it needs, and what each address needs besides. */
type Plan = { entry: string; needed: string[]; pages: [address: string, files: string[]][] };

/** The first build leaves its plan for the second, which writes the page for both. */
export function start(language: Language): Plugin {
  let left = "";
  return {
    name: "start",
    apply: "build",
    enforce: "post",
    configResolved({ build, root: folder }) {
      left = join(folder, build.outDir, `.plan-${language === "ru" ? "en" : "ru"}.json`);
    },
    writeBundle({ dir = "" }, bundle) {
      const plan = planned(bundle);
      if (!existsSync(left)) {
        writeFileSync(join(dir, `.plan-${language}.json`), JSON.stringify(plan));
        return;
      }
      const other = JSON.parse(readFileSync(left, "utf8")) as Plan;
      rmSync(left);
      const shared = plan.needed.filter((file) => other.needed.includes(file));
      const page = join(dir, "index.html");
      writeFileSync(page, withoutScripts(readFileSync(page, "utf8"), shared));
      const plans = {
        [language]: packed(plan, shared),
        [language === "ru" ? "en" : "ru"]: packed(other, shared),
      };
      const loader = readFileSync(join(import.meta.dirname, "loader.js"), "utf8");
      writeFileSync(join(dir, "start.js"), loader.replace("PLANS", JSON.stringify({ shared, ...plans })));
    },
  };
}

function planned(bundle: Rolldown.OutputBundle): Plan {
  const chunks = Object.values(bundle).filter((file) => file.type === "chunk");
  const needs = (files: string[], found = new Set<string>()) => {
    for (const file of files) {
      const chunk = bundle[file];
      if (chunk?.type !== "chunk" || found.has(file)) continue;
      found.add(file);
      needs(chunk.imports, found);
    }
    return [...found];
  };
  const entry = chunks.find(({ moduleIds }) => moduleIds.includes(join(root, "src/main.tsx")));
  if (!entry) throw new Error("the build has no first module");
  const needed = needs([entry.fileName]);
  const fileOf = (module: string) => chunks.find(({ facadeModuleId }) => facadeModuleId === module)?.fileName;
  const pages = addresses().map(([address, modules]): [string, string[]] => {
    const files = needs(modules.flatMap((module) => fileOf(module) ?? []));
    return [address, files.filter((file) => !needed.includes(file))];
  });
  return { entry: entry.fileName, needed, pages };
}

/** Every address of the router, with the modules that it and what stands around it load; fixed words before `:names`. */
function addresses(): [address: string, modules: string[]][] {
  const source = ts.createSourceFile(router, readFileSync(router, "utf8"), ts.ScriptTarget.Latest, true);
  const found: [string, string[]][] = [];
  const walk = (node: ts.Node, address: string, modules: string[]) => {
    if (ts.isObjectLiteralExpression(node)) {
      const property = (name: string) =>
        node.properties.find((one) => ts.isPropertyAssignment(one) && one.name.getText() === name) as
          ts.PropertyAssignment | undefined;
      const path = property("path")?.initializer;
      if (path && ts.isStringLiteral(path)) address = `${address}/${path.text}`.replace(/\/+/g, "/");
      const lazy = /import\("(.*?)"\)/.exec(property("lazy")?.initializer.getText() ?? "")?.[1];
      if (lazy) modules = [...modules, `${join(root, "src", lazy)}.tsx`];
      const children = property("children")?.initializer;
      if (children) walk(children, address, modules);
      else if (!address.endsWith("*") && address !== "") found.push([address, modules]);
      return;
    }
    ts.forEachChild(node, (child) => walk(child, address, modules));
  };
  walk(source, "", []);
  return found.sort(([a], [b]) => Number(a.includes(":")) - Number(b.includes(":")));
}

/** Files by their number in one list: most are needed by many pages. */
function packed({ entry, needed, pages }: Plan, shared: string[]) {
  const files = [entry, ...needed.filter((file) => file !== entry && !shared.includes(file))];
  const first = files.length;
  const numberOf = (file: string) => {
    if (!files.includes(file)) files.push(file);
    return files.indexOf(file);
  };
  return { first, pages: pages.map(([address, list]) => [address, ...list.map(numberOf)]), files };
}

/**
 * The page without the modules of one language; the styles first, which the first paint waits for. Everything else waits for
 * /start.js: it runs as soon as it is there (a deferred one would wait for the styles), and is asked for before what it does not name.
 * In a page that the server wrote the styles come first (functions/pages/shell.py).
 */
function withoutScripts(html: string, shared: string[]): string {
  const start = ['    <script async fetchpriority="high" src="/start.js"></script>\n'];
  const links = shared.map((file) => `    <link rel="modulepreload" crossorigin href="/${file}">\n`);
  return html
    .replace(/ *<script type="module".*?<\/script>\n/g, "")
    .replace(/ *<link rel="modulepreload".*?>\n/g, "")
    .replace(/(?<= *<link rel="stylesheet".*?>\n)/, start.concat(links).join(""));
}
