import js from "@eslint/js";
import { defineConfig } from "eslint/config";
import globals from "globals";

const UNESCAPED = "Only dom.js parses HTML, and only what the server has escaped or a constant.";

export default defineConfig([
  {
    files: ["**/*.js"],
    extends: [js.configs.recommended],
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "arrow-body-style": "error",
      curly: ["error", "multi-line"],
      eqeqeq: "error",
      "no-else-return": "error",
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-new-func": "error",
      "no-shadow": "error",
      "no-unused-expressions": "error",
      "no-use-before-define": ["error", { functions: false, variables: false }],
      "no-useless-return": "error",
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-arrow-callback": "error",
      "prefer-const": "error",
    },
  },
  {
    files: ["qa/web/page/**/*.js"],
    languageOptions: { globals: globals.browser },
    rules: {
      "no-restricted-properties": [
        "error",
        ...["innerHTML", "outerHTML", "insertAdjacentHTML", "createContextualFragment", "setHTMLUnsafe"].map((property) => ({
          property,
          message: UNESCAPED,
        })),
        { object: "document", property: "write", message: UNESCAPED },
      ],
      "no-restricted-syntax": [
        "error",
        { selector: 'CallExpression[callee.name="fromMarkup"] > :not(Literal).arguments', message: UNESCAPED },
        { selector: "ImportExpression", message: "Modules are imported at the head of a file." },
        { selector: "ExportDefaultDeclaration", message: "What a module exports has a name." },
      ],
    },
  },
]);
