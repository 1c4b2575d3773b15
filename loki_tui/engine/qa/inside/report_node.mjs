// A reporter for Node's own test runner: one line of JSON for each test that is no suite, and one at the end.

import { relative } from "node:path";
import { fileURLToPath } from "node:url";

const MESSAGE = 300;

function local(file) {
  if (!file) return "";
  return relative(process.cwd(), file.startsWith("file:") ? fileURLToPath(file) : file);
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
    const whole = data.nesting === 0 && (data.name === file || data.name === local(file));
    yield JSON.stringify({
      file: local(file), name: path.join(" > "), outcome: outcome(type, data), message: message(data), whole,
    }) + "\n";
  }
  yield '{"end":true}\n';
}
