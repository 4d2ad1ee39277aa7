/**
 * Builds the bundle into `claude_notebook/static/` (or the folder named with `--out`).
 *
 * Builds are reproducible: versions are pinned, and the output depends on neither machine nor time.
 */

import { readFile, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { build, context } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const { values } = parseArgs({
  options: {
    out: { type: "string", default: fileURLToPath(new URL("../claude_notebook/static", import.meta.url)) },
    watch: { type: "boolean", default: false },
  },
});

/** Return the license banner of a bundle with third-party code. */
async function notice(name, module) {
  const license = await readFile(new URL(`node_modules/${module}/LICENSE`, import.meta.url), "utf8");
  return { js: `/* Contains ${name}.\n\n${license.trim()}\n*/` };
}

const shared = {
  absWorkingDir: here,
  bundle: true,
  charset: "utf8",
  format: "esm",
  legalComments: "none",
  logLevel: "warning",
  minify: true,
  outdir: values.out,
  target: ["es2022"],
};

/** The view is small because it is sent with every turn; libraries are loaded on demand. */
const bundles = [
  {
    ...shared,
    entryPoints: { widget: "src/widget.ts" },
    banner: await notice("fflate", "fflate"),
  },
  { ...shared, entryPoints: { widget: "src/styles/index.css" } },
  {
    ...shared,
    entryPoints: { math: "src/assets/math.ts" },
    banner: await notice("Temml", "temml"),
  },
];

if (values.watch) {
  for (const bundle of bundles) await (await context(bundle)).watch();
} else {
  for (const name of ["widget.js", "widget.css", "math.js"]) await rm(`${values.out}/${name}`, { force: true });
  for (const bundle of bundles) await build(bundle);
}
