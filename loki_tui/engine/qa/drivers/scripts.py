"""The drivers' sources. They print one JSON document, or write it to the file they are told.

Playwright and axe-core are taken from the project that lies around them, so that nothing is downloaded; both have kept
the few calls that are used here through all of their versions.
"""

from __future__ import annotations

PROBE_JS = r"""
// Starts Playwright's browser as its tests would, and says whether that works.
const names = ["@playwright/test", "playwright", "playwright-core"];
let library;
for (const name of names) {
    try { library = require(require.resolve(name, { paths: [process.cwd()] })); break; } catch (error) { }
}
if (!library || !library.chromium) { console.log(JSON.stringify({ missing: "playwright" })); process.exit(0); }
library.chromium.launch().then(
    async (browser) => { await browser.close(); console.log(JSON.stringify({ works: true })); },
    (error) => { console.log(JSON.stringify({ trouble: String(error.message).slice(0, 8000) })); },
).then(() => process.exit(0));
"""

PROBE_PY = r"""
# Starts Playwright's browser as its tests would, and says whether that works.
import json
try:
    from playwright.sync_api import Error, sync_playwright
except ImportError:
    print(json.dumps({"missing": "playwright"}))
else:
    try:
        with sync_playwright() as playwright:
            playwright.chromium.launch().close()
        print(json.dumps({"works": True}))
    except Error as error:
        print(json.dumps({"trouble": str(error)[:8000]}))
"""

AXE_JS = r"""
// Opens pages, runs axe-core in each, and writes what it found: node axe.js REPORT BASE MOST PATH...
const fs = require("fs");
const [report, base, most, ...paths] = process.argv.slice(2);
const here = { paths: [process.cwd()] };
const first = (names) => {
    for (const name of names) { try { return require.resolve(name, here); } catch (error) { } }
    return null;
};
const said = { pages: [], trouble: "" };
const reduced = (violation) => ({
    rule: violation.id, impact: violation.impact, help: violation.help,
    nodes: violation.nodes.slice(0, 3).map((node) => node.target.flat(9).join(" ").slice(0, 300)),
    count: violation.nodes.length,
});
(async () => {
    const library = require(first(["@playwright/test", "playwright", "playwright-core"]));
    const wrapper = first(["@axe-core/playwright"]);
    const source = first(["axe-core/axe.min.js"])
        || require.resolve("axe-core/axe.min.js", { paths: [wrapper] });
    const axe = fs.readFileSync(source, "utf8");
    const browser = await library.chromium.launch();
    const context = await browser.newContext({ bypassCSP: true });
    const queue = paths.length ? [...paths] : ["/"], seen = new Set(queue), origin = new URL(base).origin;
    while (queue.length && said.pages.length < Number(most)) {
        const path = queue.shift(), page = await context.newPage(), entry = { path, status: 0, violations: [] };
        said.pages.push(entry);
        try {
            const answer = await page.goto(base.replace(/\/$/, "") + path, { waitUntil: "load", timeout: 30000 });
            entry.status = answer ? answer.status() : 0;
            entry.html = /html/.test((answer && answer.headers()["content-type"]) || "");
            if (entry.html && entry.status < 400) {
                await page.evaluate(axe);
                const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
                entry.violations = found.violations.map(reduced);
                entry.checked = true;
                const links = await page.$$eval("a[href]", (all) => all.slice(0, 200).map((each) => each.href));
                for (const link of links) {
                    let url; try { url = new URL(link); } catch (error) { continue; }
                    const next = url.pathname;
                    if (url.origin === origin && !seen.has(next)) { seen.add(next); queue.push(next); }
                }
            }
        } catch (error) { entry.error = String(error.message).slice(0, 500); }
        await page.close();
    }
    await browser.close();
})().catch((error) => { said.trouble = String(error.message).slice(0, 2000); }).then(() => {
    fs.writeFileSync(report, JSON.stringify(said));
    process.exit(0);
});
"""

AXE_PY = r"""
# Opens pages, runs axe-core in each, and writes what it found: python axe.py REPORT BASE MOST AXE PATH...
import json
import re
import sys
from urllib.parse import urlsplit

from playwright.sync_api import Error, sync_playwright

report, base, most, source, *paths = sys.argv[1:]
said = {"pages": [], "trouble": ""}


def reduced(violation):
    nodes = violation["nodes"]
    targets = [" ".join(map(str, node["target"]))[:300] for node in nodes[:3]]
    return {"rule": violation["id"], "impact": violation["impact"], "help": violation["help"], "nodes": targets,
            "count": len(nodes)}


def visit(context, axe, path, entry):
    page = context.new_page()
    try:
        answer = page.goto(base.rstrip("/") + path, wait_until="load", timeout=30000)
        entry["status"] = answer.status if answer else 0
        entry["html"] = bool(answer and "html" in answer.headers.get("content-type", ""))
        if not entry["html"] or entry["status"] >= 400:
            return []
        page.evaluate(axe)
        found = page.evaluate("() => window.axe.run(document, { resultTypes: ['violations'] })")
        entry["violations"] = [reduced(each) for each in found["violations"]]
        entry["checked"] = True
        return page.eval_on_selector_all("a[href]", "all => all.slice(0, 200).map(each => each.href)")
    except Error as error:
        entry["error"] = str(error)[:500]
        return []
    finally:
        page.close()


try:
    with open(source, encoding="utf-8") as file:
        axe = file.read()
    origin = re.match("[a-z]+://[^/]+", base)[0]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch()
        context = browser.new_context(bypass_csp=True)
        queue = list(paths) or ["/"]
        seen = set(queue)
        while queue and len(said["pages"]) < int(most):
            entry = {"path": queue.pop(0), "status": 0, "violations": []}
            said["pages"].append(entry)
            for link in visit(context, axe, entry["path"], entry):
                found = urlsplit(link)
                if f"{found.scheme}://{found.netloc}" == origin and found.path not in seen:
                    seen.add(found.path)
                    queue.append(found.path)
        browser.close()
except Exception as error:
    said["trouble"] = str(error)[:2000]
with open(report, "w", encoding="utf-8") as file:
    json.dump(said, file)
"""
