// Reads Mermaid text on standard input and prints the kind of diagram that Mermaid's own parser takes it for.
// Usage: node parse_mermaid.mjs MODULES, the directory of node modules that holds mermaid and jsdom.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const modules = resolve(process.argv[2]);
const { JSDOM } = createRequire(join(modules, "index.js"))("jsdom");
// Mermaid cleans labels with a library that needs a document.
globalThis.window = new JSDOM("").window;
globalThis.document = globalThis.window.document;
const { default: mermaid } = await import(pathToFileURL(join(modules, "mermaid/dist/mermaid.core.mjs")));
try {
  console.log((await mermaid.parse(readFileSync(0, "utf8"))).diagramType);
} catch (error) {
  console.error(String(error));
  process.exit(1);
}
