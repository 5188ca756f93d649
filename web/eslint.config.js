import js from "@eslint/js";
import a11y from "eslint-plugin-jsx-a11y-x";
import reactHooks from "eslint-plugin-react-hooks";
import globals from "globals";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

export default defineConfig(
  globalIgnores(["dist", "public", "build/*.js", "src/api/database.types.ts"]),
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  reactHooks.configs.flat.recommended,
  a11y.configs.strict,
  {
    languageOptions: {
      parserOptions: { project: ["./tsconfig.json", "./tsconfig.tools.json"] },
    },
    rules: {
      // `${count}` reads better than `${String(count)}` and is just as safe.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/consistent-type-definitions": ["error", "type"],
      // No-break spaces are meant: `1 490 ₽` stays on one line.
      "no-irregular-whitespace": ["error", { skipTemplates: true }],
      // What people type here is Russian and English text and digits, never split inside an emoji.
      "@typescript-eslint/no-misused-spread": [
        "error",
        { allow: [{ from: "lib", name: "string" }, "string"] },
      ],
      // onClick={async () => …} is fine: what it throws is shown by the caller's own error handling.
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: { attributes: false } }],
    },
  },
  {
    files: ["src/**"],
    ignores: ["src/api/**"],
    rules: {
      "@typescript-eslint/no-restricted-imports": [
        "error",
        {
          patterns: [
            { group: ["@supabase/*"], message: "Only src/api speaks to Supabase." },
            { group: ["**/api/client", "**/api/client.*"], message: "Import a function of src/api instead." },
          ],
        },
      ],
    },
  },
  {
    files: ["*.js", "checks/**"],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { globals: globals.node },
  },
);
