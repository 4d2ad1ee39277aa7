/** Builds the dev page, watches its sources and serves it on loopback. */

import { fileURLToPath } from "node:url";
import { context } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const page = await context({
  absWorkingDir: here,
  bundle: true,
  entryPoints: ["play.ts"],
  format: "esm",
  outdir: "build",
  sourcemap: true,
  target: "es2022",
});
await page.watch();
const { port } = await page.serve({
  host: "127.0.0.1",
  port: Number(process.env.PORT ?? 8123),
  servedir: fileURLToPath(new URL("../..", import.meta.url)),
});
console.log(`http://127.0.0.1:${port}/js/dev/?host=lab-light`);
