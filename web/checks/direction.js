// A folder of src imports only from itself and from the folders before it, types and lazy imports included.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

const order = ["api", "i18n", "design", "status", "stories", "shared", "pages", "app", "router", "main"];
const root = new URL("../src", import.meta.url).pathname;

/** The place of a file in the order: its folder, or its own name where it stands in src itself. */
const place = (path) => order.indexOf(path.split(/[/.]/)[0]);

const faults = [];
for (const file of readdirSync(root, { recursive: true })) {
  if (!/\.tsx?$/.test(file) || /\.test\.tsx?$/.test(file) || file.startsWith("test/")) continue;
  if (place(file) < 0) faults.push(`src/${file} stands in no folder that this check knows`);
  const lines = readFileSync(join(root, file), "utf8").split("\n");
  for (const [index, line] of lines.entries()) {
    const [, target] = /(?:from |import\(|^import )"(\.[^"]+)"/.exec(line) ?? [];
    if (target === undefined) continue;
    const imported = normalize(join(dirname(file), target));
    if (place(imported) > place(file))
      faults.push(`src/${file}:${index + 1} imports ${imported}, which stands above it`);
  }
}
if (faults.length > 0) {
  console.error(`${faults.join("\n")}\nThe order: ${order.join(" < ")}`);
  process.exit(1);
}
