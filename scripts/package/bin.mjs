#!/usr/bin/env node
// The package's program. Nothing is imported before the runtime is known to be new enough to read it.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major > 22 || (major === 22 && minor >= 13)) {
  await import("../scripts/frontrow.js");
} else {
  console.error(`frontrow needs Node 22.13 or newer, and this is ${process.versions.node}.`);
  process.exitCode = 2;
}
