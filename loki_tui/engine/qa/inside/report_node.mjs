// A reporter for Node's own test runner: one line of JSON for each test that is no suite, one before and one at the end.
// It appends to a file itself: of a workspace's packages each has a process, and a destination of Node's is made anew.

import { appendFileSync } from "node:fs";
import { dirname, relative } from "node:path";
import { fileURLToPath } from "node:url";

const MESSAGE = 300;

const TOP = dirname(dirname(fileURLToPath(import.meta.url)));

function local(file, from = TOP) {
  if (!file) return "";
  return relative(from, file.startsWith("file:") ? fileURLToPath(file) : file);
}

function tell(line) {
  appendFileSync(process.env.TESTS_REPORTED_TO, JSON.stringify(line) + "\n");
}

function message(data) {
  const error = data.details && data.details.error;
  const cause = error && (error.cause || error);
  return cause ? String(cause.message || cause).slice(0, MESSAGE) : "";
}

function outcome(type, data) {
  if (data.skip !== undefined && data.skip !== false) return "skipped";
  if (data.todo !== undefined && data.todo !== false) return "skipped";
  return type === "test:pass" ? "passed" : "failed";
}

export default async function* report(source) {
  // A suite is told of after what is in it, a test after its start: the path of names is known from the starts.
  const paths = new Map();
  const parents = new Set();
  tell({ begin: true });
  for await (const { type, data } of source) {
    const file = data && data.file ? data.file : "";
    if (type === "test:start") {
      const path = paths.get(file) || [];
      path.length = data.nesting;
      path[data.nesting] = data.name;
      paths.set(file, path);
      if (data.nesting > 0) parents.add(file + "\0" + path.slice(0, data.nesting).join("\0"));
    }
    if (type !== "test:pass" && type !== "test:fail") continue;
    const path = (paths.get(file) || []).slice(0, data.nesting);
    path.push(data.name);
    const suite = data.details && data.details.type === "suite";
    // A suite that fails by itself, such as in a hook, is a failure that no test in it tells of.
    if (suite && (type === "test:pass" || parents.has(file + "\0" + path.join("\0")))) continue;
    const whole = data.nesting === 0 && [file, local(file), local(file, process.cwd())].includes(data.name);
    tell({ file: local(file), name: path.join(" > "), outcome: outcome(type, data), message: message(data), whole });
  }
  tell({ end: true });
}
