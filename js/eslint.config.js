import js from "@eslint/js";
import tseslint from "typescript-eslint";

/** One way only for HTML to reach the page: `src/html/fragment.ts`. */
const noRawHtml = {
  selector:
    "MemberExpression[property.name=/^(innerHTML|outerHTML|insertAdjacentHTML|write|createContextualFragment)$/]",
  message: "Strings become nodes in src/html/fragment.ts only; plain text goes through textContent.",
};

export default tseslint.config(
  { ignores: ["node_modules", "dev/build"] },
  js.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      complexity: ["error", 10],
      "max-lines": ["error", 400],
      "max-lines-per-function": ["error", { max: 60, skipBlankLines: true, skipComments: true }],
      "no-eval": "error",
      "no-implied-eval": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
    },
  },
  { files: ["src/**/*.ts"], ignores: ["src/html/fragment.ts"], rules: { "no-restricted-syntax": ["error", noRawHtml] } },
  // A test file is one long `describe`.
  { files: ["test/**/*.ts"], rules: { "max-lines-per-function": "off" } },
  { files: ["**/*.mjs", "*.js"], languageOptions: { globals: { process: "readonly", console: "readonly", URL: "readonly" } } },
);
