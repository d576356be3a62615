// Types of each document, with bytes as Blob: the generator's own recipe for files.
import { readFileSync, writeFileSync } from "node:fs";
import openapiTS, { astToString } from "openapi-typescript";
import ts from "typescript";

const blob = ts.factory.createTypeReferenceNode("Blob");
for (const name of process.argv.slice(2)) {
  const drawn = await openapiTS(JSON.parse(readFileSync(`${name}.json`, "utf8")), {
    defaultNonNullable: false, // what has a default may be left out of a body
    transform: (schema) => (schema.format === "binary" ? blob : undefined),
  });
  writeFileSync(`${name}.d.ts`, astToString(drawn));
}
