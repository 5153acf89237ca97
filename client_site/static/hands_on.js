/* The hands-on page: has pages fire requests, shows what came of them, and starts the catalogue in this browser.

   The requests themselves are fired by pages of the client site, in frames (agent.js); this script only tells the local
   server what they should ask, and shows what that server has put together: exchanges, steps, what to change.
   The URL's fragment is the token, which opens the server's endpoints: #TOKEN, #TOKEN/run, #TOKEN/run/PATTERN,
   #TOKEN/case/ID. */

const KEPT = "corsproof-token";
const RAN = "corsproof-ran"; // this tab comes back from a run
const POLL_MS = 700;
const PROBE_MS = 4000;
const byId = (id) => document.getElementById(id);

/* ---- the server ------------------------------------------------------------------------------------------------- */

let token = "";

async function ask(method, path, value) {
  const headers = { "X-Corsproof-Token": token };
  if (value !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(`/control/${path}`, { method, headers, body: value === undefined ? undefined : JSON.stringify(value) });
  } catch {
    throw new Error("The local server does not answer: is `corsproof serve` still running?");
  }
  if (answer.status === 204) return null;
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.error);
  return told;
}

/* ---- elements --------------------------------------------------------------------------------------------------- */

function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/* Text in which what stands between backticks is code. */
function prose(text) {
  const parts = text.split("`").map((part, index) => (index % 2 ? make("code", {}, part) : part));
  return make("span", {}, ...parts);
}

const LOOKS = {
  allowed: ["good", "✓"], passed: ["good", "✓"], pass: ["good", "✓"],
  blocked: ["bad", "✕"], refused: ["bad", "✕"], fail: ["bad", "✕"], exception: ["bad", "✕"],
  known: ["doubt", "≈"], "no-answer": ["doubt", "!"], inconclusive: ["doubt", "!"], timeout: ["doubt", "!"],
  crash: ["doubt", "!"], skipped: ["", "–"], note: ["", "·"], opaque: ["", "·"],
};

/* A status is an icon and a word; the colour only repeats them. */
function badge(word, text = word) {
  const [look, icon] = LOOKS[word] ?? ["doubt", "!"];
  return make("span", { className: `badge ${look}` }, make("span", { "aria-hidden": "true" }, `${icon} `), text);
}

function problem(error) {
  byId("outcome").replaceChildren(make("p", {}, badge("inconclusive", "not fired"), ` ${error.message}`));
  byId("evidence").replaceChildren();
}

/* ---- the request ------------------------------------------------------------------------------------------------ */

const form = byId("request");
const frames = new Map(); // by page: what the server knows it by
let choices;
let failure = null; // the classic failure that the form holds

function headersOf(text) {
  return text.split("\n").map((line) => line.trim()).filter(Boolean).map((line) => {
    const colon = line.indexOf(":");
    if (colon < 1) throw new Error(`“${line}” is no header: write Name: value`);
    return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
  });
}

/* Opens a page in a frame, once; it stays and takes one request after the other. */
function opened(page) {
  if (!frames.has(page)) {
    frames.set(page, ask("POST", "pages", { page }).then(({ id, url }) => {
      byId("frames").append(make("iframe", { src: url, title: `page ${page}`, tabIndex: -1 }));
      return id;
    }));
  }
  return frames.get(page);
}

async function fire() {
  const { page, api, interface: by, method, path, headers, body, credentials } = form.elements;
  const button = form.querySelector("button");
  button.disabled = true;
  byId("outcome").replaceChildren(make("p", { className: "quiet" }, "Fired …"));
  byId("evidence").replaceChildren();
  try {
    const id = await opened(page.value);
    show(await ask("POST", "fire", { page: id, api: api.value, interface: by.value, method: method.value,
      path: path.value, headers: headersOf(headers.value), body: body.value === "" ? null : body.value,
      credentials: credentials.value, failure: failure?.id ?? null }));
  } catch (error) {
    frames.delete(page.value);
    problem(error);
  } finally {
    button.disabled = false;
  }
}

function fillForm(row) {
  failure = row;
  for (const name of ["page", "api", "interface", "method", "path", "credentials"]) form.elements[name].value = row[name];
  form.elements.headers.value = row.headers.map(([name, value]) => `${name}: ${value}`).join("\n");
  form.elements.body.value = row.body ?? "";
  limitCredentials();
  markGallery();
}

function markGallery() {
  for (const button of byId("gallery").querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(failure?.id === button.dataset.id));
  }
  const before = failure?.before ?? [];
  byId("before").hidden = before.length === 0;
  byId("before").textContent = before.length ? `Asked before, by the same page, with credentials: ${before.join(", ")}` : "";
}

/* XMLHttpRequest has no way to omit credentials. */
function limitCredentials() {
  const { interface: by, credentials } = form.elements;
  const omit = credentials.querySelector("[value=omit]");
  omit.disabled = by.value === "xhr";
  if (omit.disabled && credentials.value === "omit") credentials.value = "same-origin";
}

/* ---- what came of it -------------------------------------------------------------------------------------------- */

function show(told) {
  const { word, sentence } = told.outcome;
  const why = told.steps.find((step) => step.mark === "refused");
  byId("outcome").replaceChildren(
    make("p", {}, badge(word), ` ${sentence}`),
    why ? make("p", {}, make("strong", {}, why.title), " ", prose(why.text)) : "",
  );
  const cards = [changeCard(told.change), stepsCard(told.steps), wireCard(told.exchanges), scriptCard(told.script)];
  byId("evidence").replaceChildren(...cards.filter(Boolean));
}

function changeCard(change) {
  if (!change) return null;
  const fixes = Object.entries(change.fixes).flatMap(([name, text]) => [make("dt", {}, name), make("dd", {}, text)]);
  return make("div", {}, make("h3", {}, "What to change"), make("p", {}, prose(change.what)),
    fixes.length ? make("details", {}, make("summary", {}, "How, by framework"), make("dl", {}, ...fixes)) : null);
}

function stepsCard(steps) {
  const items = steps.map(({ mark, title, text, clause }) => make("li", {},
    make("p", {}, badge(mark), make("strong", {}, title)),
    make("p", {}, prose(text), " ", clauseLink(clause))));
  return make("div", {}, make("h3", {}, "Why, step by step"), make("ol", { className: "steps" }, ...items));
}

function clauseLink(clause) {
  const anchor = clause.includes("#") ? `, ${clause.slice(clause.indexOf("#"))}` : "";
  return make("a", { href: clause, target: "_blank", rel: "noreferrer" }, `Fetch${anchor}`);
}

const MATTERS = /^(access-control-|origin$|vary$|location$|cookie$|set-cookie$|authorization$|content-type$)/i;

function headerList(pairs) {
  return make("ul", { className: "wire" }, ...pairs.map(([name, value]) =>
    make("li", { className: MATTERS.test(name) ? "matters" : "" }, `${name}: ${value}`)));
}

function wireCard(exchanges) {
  const shown = exchanges.map((one) => make("div", { className: "exchange" },
    make("h4", {}, one.kind === "preflight" ? "Preflight" : "Actual request"),
    make("div", {}, make("p", {}, `${one.method} ${one.target}`), headerList(one.request_headers)),
    make("div", {}, make("p", {}, one.status === null ? `no answer (${one.ending})` : `answered ${one.status}`),
      headerList(one.response_headers), one.error ? make("p", {}, one.error) : null)));
  if (!shown.length) shown.push(make("p", {}, "No request reached the server."));
  else if (exchanges.every((one) => one.kind === "preflight")) {
    shown.push(make("p", { className: "quiet" }, "The request itself was never sent."));
  }
  return make("div", {}, make("h3", {}, "On the wire, as the server saw it"), ...shown);
}

function scriptCard(script) {
  const facts = script.status === null || script.outcome !== "response"
    ? make("p", {}, script.error || "An error event, status 0, and nothing else.")
    : make("div", {}, make("p", {}, `Status ${script.status}; these headers, and the body:`), headerList(script.headers),
      make("pre", { tabIndex: 0 }, script.body || "(empty)"));
  const events = script.events.length ? make("p", { className: "quiet" }, `Events: ${script.events.join(", ")}`) : null;
  return make("div", {}, make("h3", {}, "What script saw"), facts, events);
}

/* ---- the catalogue ---------------------------------------------------------------------------------------------- */

const catalogue = byId("catalogue");

/* Which of the pages this browser gets to: not every one resolves names below localhost. */
async function reachable() {
  const probes = choices.pages.map(async ({ url }) => {
    try {
      await fetch(`${url}/favicon.ico`, { mode: "no-cors", cache: "no-store", signal: AbortSignal.timeout(PROBE_MS) });
      return url;
    } catch {
      return null;
    }
  });
  return (await Promise.all(probes)).filter(Boolean);
}

async function run() {
  const suites = [...catalogue.querySelectorAll("[name=suite]:checked")].map((box) => box.value);
  catalogue.querySelector("button").disabled = true;
  byId("progress").replaceChildren(make("p", {}, "Begins …"));
  try {
    const { go } = await ask("POST", "run", { suites, keep: catalogue.elements.keep.value.trim(), reachable: await reachable() });
    sessionStorage.setItem(RAN, "1");
    location.assign(go);
  } catch (error) {
    byId("progress").replaceChildren(make("p", { className: "notice" }, error.message));
    catalogue.querySelector("button").disabled = false;
  }
}

/* Shows how far the run is, until it has ended. */
async function follow() {
  const { run: now, matrix, documents } = await ask("GET", "run");
  const running = now?.state === "running";
  byId("stop").hidden = !running;
  catalogue.querySelector("button").disabled = running;
  if (now) {
    byId("progress").replaceChildren(...[
      make("p", {}, `${now.label}: ${now.state}, ${now.done} of ${now.cases} cases`),
      running ? make("progress", { max: now.cases, value: now.done, "aria-label": "cases done" }) : null,
      ...now.troubles.map((text) => make("p", { className: "notice" }, text)),
    ].filter(Boolean));
  }
  byId("matrix").replaceChildren(...(matrix.columns.length ? matrixOf(matrix, documents) : []));
  if (running) setTimeout(() => follow().catch(lock), POLL_MS);
}

const ORDER = ["fail", "crash", "timeout", "inconclusive", "known", "skipped", "pass"];

function cell(counts) {
  const found = ORDER.filter((status) => counts[status]);
  return make("td", {}, ...(found.length ? found.map((status) => badge(status, `${counts[status]} ${status}`)) : ["–"]));
}

function matrixOf({ columns, rows, troubles, untold, skipped }, documents) {
  const head = make("tr", {}, ...["hook set", "family"].map((text) => make("th", { scope: "col" }, text)),
    ...columns.map(({ name, user_agent: agent }) => make("th", { scope: "col", title: agent }, name)));
  const body = rows.map(({ hooks, family, cells }) => make("tr", {}, make("th", { scope: "row" }, hooks),
    make("th", { scope: "row" }, family), ...cells.map(cell)));
  const table = make("table", {}, make("caption", {}, "The matrix: scenarios by hook set and family"),
    make("thead", {}, head), make("tbody", {}, ...body));
  const parts = [make("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": "matrix" }, table)];
  if (troubles.length) {
    const items = troubles.map((one) => make("li", {}, make("p", {}, badge(one.status),
      make("strong", {}, `${one.engine}: ${one.what}`)), make("p", {}, `${one.summary}: ${one.why}`)));
    const more = untold ? ` and ${untold} more in the documents` : "";
    parts.push(make("details", {}, make("summary", {}, `What was not as the standard has it: ${troubles.length}${more}`),
      make("ul", { className: "steps" }, ...items)));
  }
  if (skipped.length) {
    const items = skipped.map(({ engine, cause, count }) => make("li", {}, `${engine}: ${count}, because ${cause}`));
    parts.push(make("details", {}, make("summary", {}, "What was skipped, and why"), make("ul", {}, ...items)));
  }
  for (const label of documents) {
    const link = make("button", { type: "button", className: "second" }, `Download the JSON document of ${label}`);
    link.addEventListener("click", () => download(label).catch(lock));
    parts.push(make("p", {}, link));
  }
  return parts;
}

/* A link could not send the token. */
async function download(label) {
  const document_ = await ask("GET", `document?label=${encodeURIComponent(label)}`);
  const url = URL.createObjectURL(new Blob([JSON.stringify(document_, null, 1)], { type: "application/json" }));
  const name = label.toLowerCase().replace(/[^a-z0-9.]+/g, "-").replace(/-$/, "");
  make("a", { href: url, download: `corsproof-${name}.json` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

/* ---- the beginning ---------------------------------------------------------------------------------------------- */

function lock(error) {
  byId("locked").textContent = error.message;
  byId("locked").hidden = false;
}

function option(value, text) {
  return make("option", { value }, text);
}

function build() {
  const { page, api } = form.elements;
  page.replaceChildren(...choices.pages.map((one) => option(one.page,
    one.page === "null" ? "null: a sandboxed frame" : one.origin)));
  const sound = choices.apis.filter(({ name }) => !name.startsWith("broken:"));
  const broken = choices.apis.filter(({ name }) => name.startsWith("broken:"));
  const group = (label, rows) => make("optgroup", { label },
    ...rows.map(({ name, summary }) => option(name, `${name.replace("canned:", "")}: ${summary}`)));
  api.replaceChildren(group("APIs and hook sets", sound), group("Broken on purpose", broken),
    group("Canned answers", choices.canned));
  byId("gallery").replaceChildren(...choices.gallery.map((row) => {
    const button = make("button", { type: "button" }, row.title, make("span", {}, row.story));
    button.dataset.id = row.id;
    button.addEventListener("click", () => {
      fillForm(row);
      fire().then(() => byId("result").scrollIntoView());
    });
    return make("li", {}, button);
  }));
  byId("suites").append(...choices.suites.map((name, index) => make("label", {},
    make("input", { type: "checkbox", name: "suite", value: name, checked: index === 0 }), ` ${name}`)));
  markGallery();
}

function listen() {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    fire();
  });
  form.addEventListener("input", () => {
    failure = null;
    limitCredentials();
    markGallery();
  });
  catalogue.addEventListener("submit", (event) => {
    event.preventDefault();
    run();
  });
  byId("stop").addEventListener("click", () => ask("DELETE", "run").catch(lock));
}

async function begin() {
  const [given, what, which] = location.hash.slice(1).split("/");
  if (given && given !== "result") {
    sessionStorage.setItem(KEPT, given);
    history.replaceState(null, "", location.pathname);
  }
  token = sessionStorage.getItem(KEPT) ?? "";
  choices = await ask("GET", "choices");
  build();
  listen();
  document.querySelector("main").hidden = false;
  await follow();
  if (sessionStorage.getItem(RAN)) {
    sessionStorage.removeItem(RAN);
    byId("catalogue-title").scrollIntoView();
  }
  if (what === "run") {
    catalogue.elements.keep.value = which ?? "";
    await run();
  }
  const row = what === "case" && choices.gallery.find(({ id }) => id === which);
  if (row) {
    fillForm(row);
    await fire();
  }
}

// The printed URL, pasted where the page is open already.
addEventListener("hashchange", () => { if (location.hash.length > 1 && location.hash !== "#result") location.reload(); });
begin().catch(lock);
