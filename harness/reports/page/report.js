/* The report's script: unpacks what lies compressed in the page, shows it, filters it, and keeps the view in the URL.
   Whatever comes from a document is inserted as text. Knows the index and the details that `harness.reports.html` packs;
   asks the network for nothing. */
"use strict";

(() => {
  const PAUSE_MS = 120; // without a letter, before what was typed is searched for
  const ROWS = 100; // of the list that are shown at a time
  const PRINTED = 500; // of the list that are printed at most
  const DIFFERENCES = 4; // of a result that are told at once
  const STATUSES = {
    fail: "✗", crash: "!", timeout: "⧗", inconclusive: "?", known: "≈", skipped: "–", pass: "✓",
  }; // the gravest first
  const EXPECTED = ["pass", "known"];
  const SEVERITIES = { high: "▲", medium: "◆", low: "▼", info: "i" };
  const PROOFS = { proven: "✗", "not-proven": "–", "not-applicable": "·" };
  const PROOF_WORDS = { proven: "proven", "not-proven": "not proven", "not-applicable": "a header fact" };
  const KINDS = { run: "Run", audit: "Audit", fuzz: "Fuzzing run" };
  const ENGINES = { chromium: "Chromium", firefox: "Firefox", webkit: "WebKit" };
  const ENDINGS = {
    run: ["Everything is as expected", "Something is not as expected"],
    audit: ["Nothing above info was found", "This needs mending"],
    fuzz: ["Oracle and engines agree", "Oracle and engine disagree"],
  };
  const UNTOLD = {
    3: "No browser that can be believed", 4: "Not everything could be tested",
    130: "Interrupted: this is what was measured until then",
  };
  const TELLING = /^(access-control-.*|origin|vary|location|authorization|cookie|set-cookie|content-type|timing-allow-origin|cross-origin-.*)$/i;
  const BLOCKED_AT = { request: "before any request", preflight: "at the preflight", actual: "after the request" };
  const BY_STATUS = ["preflight-status-not-ok", "preflight-redirect"]; // reasons that the status line decides

  // ---- what lies in the page ---------------------------------------------------------------------

  const unpacked = new Map();

  function part(name) {
    if (!unpacked.has(name)) unpacked.set(name, unpack(name));
    return unpacked.get(name);
  }

  async function unpack(name) {
    const text = document.getElementById(`part-${name}`).textContent;
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return JSON.parse(await new Response(stream).text());
  }

  // ---- elements ----------------------------------------------------------------------------------

  /* Makes an element; strings among the children become text, never markup. */
  function el(name, given = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(given)) {
      if (value === undefined || value === null || value === false) continue;
      if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
      else made.setAttribute(key, value === true ? "" : value);
    }
    made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
    return made;
  }

  const $ = (id) => document.getElementById(id);
  const unseen = (text) => el("span", { class: "unseen" }, text);
  const icon = (sign) => el("span", { class: "icon", "aria-hidden": "true" }, sign);
  const count = (number) => number.toLocaleString("en");
  const counted = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;
  const code = (text) => el("code", {}, text);
  const outside = (url, text) => el("a", { href: url, rel: "noreferrer noopener", target: "_blank" }, text || url);
  const link = (url, text) => /^https?:\/\//.test(url) ? outside(url, text) : code(url);
  const head = (...names) => el("thead", {}, el("tr", {}, names.map((name) => el("th", { scope: "col" }, name))));
  const status = (name, text) =>
    el("span", { class: `mark is-${name}` }, icon(STATUSES[name]), " ", text || name, text ? unseen(`, ${name}`) : null);

  function command(text) {
    const shown = code(text);
    const button = el("button", { type: "button", class: "copy" }, "Copy");
    button.setAttribute("aria-label", `Copy: ${text.slice(0, 80)}`);
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(text);
        button.textContent = "Copied";
      } catch { // not every browser lets a file write there
        getSelection().selectAllChildren(shown);
        button.textContent = "Selected";
      }
    });
    return el("div", { class: "command" }, shown, button);
  }

  // ---- the view, as the URL has it ---------------------------------------------------------------

  const view = () => Object.fromEntries(new URLSearchParams(location.hash.slice(1)));

  const hashOf = (wanted) => `#${new URLSearchParams(Object.entries(wanted).filter(([, value]) => value))}`;

  /* Changes the view; "" takes something out of it. What is opened is a step that "back" undoes. */
  function look(changes, { step = false } = {}) {
    const hash = hashOf({ ...view(), ...changes });
    if (hash !== (location.hash || "#")) history[step ? "pushState" : "replaceState"](null, "", hash);
    show();
  }

  let show = () => {}; // draws the view

  // ---- header ------------------------------------------------------------------------------------

  function header(index) {
    const good = index.exit === 0;
    const said = UNTOLD[index.exit] || ENDINGS[index.kind][index.exit];
    const sign = good ? "✓" : index.exit === 1 ? "✗" : "?";
    const tone = good ? "pass" : index.exit === 1 ? "fail" : "inconclusive";
    return [
      el("p", { class: "brand" }, el("strong", {}, "corsproof"), ` ${index.tool.version} · ${KINDS[index.kind]}`),
      el("h1", { class: `is-${tone}` }, icon(sign), " ", said),
      el("p", { class: "subject" }, subject(index)),
      el("ul", { class: "totals", "aria-label": "Counts" }, totals(index)),
      el("ul", { class: "engines", "aria-label": "Engines" }, index.engines.map((one) => engine(one, (index.wordings || {})[one.name]))),
      index.troubles.length ? troubles(index.troubles) : null,
    ];
  }

  function subject(index) {
    if (index.kind === "audit") {
      const asked = index.coverage;
      return [code(index.target), ` · ${counted(index.findings.length, "finding")} · `,
        `${counted(asked.routes.length, "path")}, ${counted(asked.sent.length, "bare request")}, `,
        `${count(asked.asked_of_pages)} asked of pages`];
    }
    if (index.kind === "fuzz") {
      return [`${counted(index.cases, "case")} of seed ${index.seed} · `,
        counted(index.unexplained_count, "kind"), " of disagreement"];
    }
    return [`${counted(index.totals.results, "result")} of ${counted(index.rows.length, "case")}`];
  }

  /* The counts, each a link to what it counts. */
  function totals(index) {
    const item = (to, ...inside) => el("li", {}, chooser(to, ...inside));
    if (index.kind === "audit") {
      return Object.keys(SEVERITIES).map((name) => [name, index.findings.filter((one) => one.severity === name).length])
        .filter(([, number]) => number).map(([name, number]) => item({ severity: name }, severity(name), " ", count(number)));
    }
    if (index.kind === "fuzz") return [];
    return Object.keys(STATUSES).filter((name) => index.totals[name])
      .map((name) => item({ status: name }, el("span", { class: `mark is-${name}` }, icon(STATUSES[name]), " ", count(index.totals[name])), ` ${name}`));
  }

  function engine(one, words) {
    const { asked, passed, failures } = one.canaries;
    const sung = failures.length === 0 && asked > 0;
    return el("li", {},
      el("h2", {}, ENGINES[one.name] || one.name),
      el("p", {}, code(one.version), ` by ${one.protocol}`),
      el("p", {}, el("span", { class: `mark is-${sung ? "pass" : "fail"}` }, icon(sung ? "✓" : "✗"), " ",
        `${count(passed)} of ${counted(asked, "canary", "canaries")} passed`)),
      failures.map((failure) => el("p", { class: "is-fail" }, failure)),
      words ? el("p", { class: "quiet" }, `said the standard's reason for ${count(words.worded)} of ${counted(words.blocked, "block")}`) : null,
      el("details", {}, el("summary", {}, `Build and flags`, unseen(` of ${one.name}`)),
        el("p", {}, code(one.path)), one.flags.map((flag) => el("p", {}, code(flag)))));
  }

  function troubles(all) {
    return el("section", { class: "troubles", "aria-label": "Troubles" }, el("h2", {}, icon("!"), " Troubles"),
      el("ul", {}, all.map((one) => el("li", {}, el("strong", {}, `${one.engine} ${one.kind}`), `: ${one.cause}`,
        one.detail ? el("pre", {}, one.detail) : null))));
  }

  // ---- the list of results: run and fuzzing run --------------------------------------------------

  /* Turns the packed rows into objects; numbers are those of the results in the details. */
  function cases(index) {
    const text = (place) => index.texts[place];
    let number = 0;
    return index.rows.map((row) => {
      const [family, scenario, summary, hooks, api] = row.slice(0, 5).map(text);
      const cells = row[6].map((cell) => {
        const [engine, state, sight, reason] = cell.map(text);
        return { engine, status: state, sight, reason, number: number++ };
      });
      const key = [scenario, hooks, api, ...(row[5] ? [row[5]] : [])].join("~");
      const sights = cells.map((cell) => cell.sight);
      return {
        family, scenario, summary, hooks, api, repeat: row[5], cells, key,
        differs: new Set(sights).size > 1,
        unexpected: cells.some((cell) => !EXPECTED.includes(cell.status)),
        only: cells.filter((cell, place) => sights.length > 1 && !sights.some((other, at) => at !== place && other === cell.sight)
          && new Set(sights.filter((_, at) => at !== place)).size === 1).map((cell) => cell.engine),
        text: [scenario, summary, family, hooks, api, ...sights, ...cells.map((cell) => cell.reason)].join(" ").toLowerCase(),
      };
    });
  }

  function fits(one, wanted) {
    const cells = wanted.engine ? one.cells.filter((cell) => cell.engine === wanted.engine) : one.cells;
    return cells.length > 0
      && (!wanted.family || one.family === wanted.family)
      && (!wanted.hooks || one.hooks === wanted.hooks)
      && (!wanted.api || one.api === wanted.api)
      && (!wanted.status || cells.some((cell) => cell.status === wanted.status))
      && (!wanted.differs || one.differs)
      && (!wanted.unexpected || cells.some((cell) => !EXPECTED.includes(cell.status)))
      && (!wanted.only || (wanted.only === "any" ? one.only.length > 0 : one.only.includes(wanted.only)))
      && words(wanted.q).every((word) => one.text.includes(word));
  }

  const words = (text) => (text || "").toLowerCase().split(/\s+/).filter(Boolean);

  /* Sorts what needs a look first, and leaves the rest as it was. */
  const byTrouble = (one, other) => rank(one) - rank(other);
  const rank = (one) => one.unexpected ? 0 : one.differs ? 1 : one.cells.every((cell) => cell.status === "pass") ? 3 : 2;

  function matrix(all, columns) {
    const families = new Map();
    for (const one of all) {
      if (!families.has(one.family)) {
        families.set(one.family, { name: one.family, counts: {}, differing: 0, rank: 3 });
      }
      const family = families.get(one.family);
      family.differing += one.differs;
      family.rank = Math.min(family.rank, rank(one));
      for (const cell of one.cells) {
        const counts = family.counts[cell.engine] ||= {};
        counts[cell.status] = (counts[cell.status] || 0) + 1;
      }
    }
    const rows = [...families.values()].sort((one, other) => !one.differing - !other.differing || one.rank - other.rank);
    const several = columns.length > 1;
    return el("table", { class: "matrix" },
      el("caption", { class: "unseen" }, "Results by family and engine; what disagrees stands first"),
      head("Family", ...columns, ...(several ? ["Engines differ"] : [])),
      el("tbody", {}, rows.map((family) => el("tr", {},
        el("th", { scope: "row" }, chooser({ family: family.name }, family.name)),
        columns.map((name) => el("td", {}, family.counts[name]
          ? chooser({ family: family.name, engine: name }, Object.keys(STATUSES).filter((state) => family.counts[name][state])
            .map((state) => el("span", { class: `mark is-${state}` }, icon(STATUSES[state]), "\u2009", count(family.counts[name][state]),
              unseen(` ${state} `))), unseen(`: ${family.name} in ${name}`))
          : el("span", { class: "quiet" }, "–"))),
        several ? el("td", {}, family.differing
          ? chooser({ family: family.name, differs: "1" }, el("span", { class: "mark is-known" }, icon("≠"), "\u2009",
            count(family.differing), unseen(` cases of ${family.name} in which engines differ`)))
          : el("span", { class: "quiet" }, icon("="), unseen("they agree"))) : null))));
  }

  /* A link to a view, so that it can be opened elsewhere too. */
  function chooser(changes, ...children) {
    return el("a", { href: hashOf(changes) }, ...children);
  }

  function choice(name, label, values, shown = (value) => value) {
    const select = el("select", { id: `by-${name}`, onchange: () => look({ [name]: select.value, page: "" }) },
      el("option", { value: "" }, "all"), values.map((value) => el("option", { value }, shown(value))));
    return el("div", {}, el("label", { for: select.id }, label), select);
  }

  function tick(name, label) {
    const box = el("input", { type: "checkbox", id: `by-${name}`, onchange: () => look({ [name]: box.checked ? "1" : "", page: "" }) });
    return el("label", { class: "tick" }, box, label);
  }

  /* Browsers count how often a page changes its URL, so letters that follow one another quickly are one change. */
  function searchBox(label) {
    let waiting;
    const search = () => { clearTimeout(waiting); look({ q: box.value, page: "" }); };
    const box = el("input", { type: "search", id: "by-q", autocomplete: "off", spellcheck: "false", "aria-keyshortcuts": "/",
      oninput: () => { clearTimeout(waiting); waiting = setTimeout(search, PAUSE_MS); }, onchange: search });
    return el("div", { class: "search" }, el("label", { for: box.id }, label, " ", el("kbd", { "aria-hidden": "true" }, "/")), box);
  }

  const clear = (...names) => el("button", { type: "button", id: "clear", onclick: () => look(Object.fromEntries(names.map((name) => [name, ""]))) },
    "Clear filters");

  /* Puts into each field of the filters what the view has. */
  function fill(wanted) {
    for (const field of document.querySelectorAll("[id^=by-]")) {
      const value = wanted[field.id.slice(3)] || "";
      if (field.type === "checkbox") field.checked = value !== "";
      else if (field.value !== value && field !== document.activeElement) field.value = value;
    }
  }

  const distinct = (all, get) => [...new Set(all.flatMap(get))];

  function filters(all, columns) {
    const several = columns.length > 1;
    const states = distinct(all, (one) => one.cells.map((cell) => cell.status));
    const hooks = distinct(all, (one) => one.hooks);
    const apis = distinct(all, (one) => one.api);
    return el("form", { role: "search", class: "filters", "aria-label": "Filters", onsubmit: (event) => event.preventDefault() },
      searchBox("Search"),
      choice("status", "Status", Object.keys(STATUSES).filter((state) => states.includes(state)), (state) => `${STATUSES[state]} ${state}`),
      several ? choice("engine", "Engine", columns) : null,
      choice("family", "Family", distinct(all, (one) => one.family)),
      hooks.length > 1 ? choice("hooks", "Hook set", hooks) : null,
      apis.length > 1 ? choice("api", "Interface", apis) : null,
      several ? choice("only", "Only in one engine", ["any", ...columns], (name) => name === "any" ? "in whichever" : name) : null,
      el("div", { class: "ticks" },
        tick("unexpected", "Unexpected"), several ? tick("differs", "Engines differ") : null,
        clear("q", "status", "engine", "family", "hooks", "api", "only", "unexpected", "differs", "page")));
  }

  function row(one, columns) {
    const at = hashOf({ ...view(), open: one.key, in: "" });
    const tags = [one.hooks, one.api, ...(one.repeat ? [`again, ${one.repeat}`] : [])];
    return el("tr", { "data-key": one.key },
      el("th", { scope: "row" },
        el("a", { href: at, class: "opens", onclick: (event) => { event.preventDefault(); look({ open: one.key, in: "" }, { step: true }); } },
          one.scenario),
        el("span", { class: "summary" }, one.summary),
        el("span", { class: "tags" }, tags.join(" · "),
          one.differs ? el("span", { class: "tag is-known" }, icon("≠"), " engines differ") : null)),
      columns.map((name) => {
        const cells = one.cells.filter((cell) => cell.engine === name);
        return el("td", {}, cells.length ? cells.map((cell) => [
          el("span", { class: `mark is-${cell.status}` }, icon(STATUSES[cell.status]), " ",
            cell.status === "pass" ? unseen("pass: ") : cell.status), cell.status === "pass" ? cell.sight : el("span", { class: "sight" }, cell.sight)])
          : el("span", { class: "quiet" }, "–", unseen("not asked")));
      }));
  }

  function list(index, all, columns) {
    const body = el("tbody", { id: "rows" });
    const said = el("p", { id: "said", role: "status" });
    const pages = el("nav", { class: "pages", "aria-label": "Pages of the list" });
    const table = el("table", { class: "list" },
      el("caption", { class: "unseen" }, "Cases, and what each came to in each engine; what is unexpected stands first"),
      head("Scenario", ...columns), body);
    const sorted = [...all].sort(byTrouble);
    let drawn = "";

    function draw(wanted, printing = false) {
      const kept = printing && !Object.keys(wanted).some((name) => !["open", "in", "page"].includes(name))
        ? sorted.filter((one) => one.unexpected || one.differs) : sorted.filter((one) => fits(one, wanted));
      const opened = wanted.open ? kept.findIndex((one) => one.key === wanted.open) : -1;
      const last = Math.max(1, Math.ceil(kept.length / ROWS));
      const page = printing ? 1 : opened >= 0 ? Math.floor(opened / ROWS) + 1 : Math.min(last, Math.max(1, Number(wanted.page) || 1));
      const shown = printing ? kept.slice(0, PRINTED) : kept.slice((page - 1) * ROWS, page * ROWS);
      said.textContent = shown.length === kept.length ? `${counted(kept.length, "case")} of ${count(all.length)}`
        : `${counted(kept.length, "case")} of ${count(all.length)}, of which ${count((page - 1) * ROWS + 1)} to `
          + `${count((page - 1) * ROWS + shown.length)} are shown`;
      const now = JSON.stringify([wanted, page, printing].concat(shown.length)).replace(/"(open|in)":"[^"]*",?/g, "");
      if (now !== drawn) body.replaceChildren(...(shown.length ? shown.map((one) => row(one, columns))
        : [el("tr", {}, el("td", { colspan: String(columns.length + 1), class: "quiet" }, "Nothing fits these filters."))]));
      drawn = now;
      pages.replaceChildren(...(last > 1 && !printing ? [
        el("button", { type: "button", disabled: page === 1, onclick: () => look({ page: String(page - 1), open: "" }) }, "← Previous"),
        el("span", {}, `Page ${count(page)} of ${count(last)}`),
        el("button", { type: "button", disabled: page === last, onclick: () => look({ page: String(page + 1), open: "" }) }, "Next →"),
      ] : []));
      return kept;
    }

    return { table, said, pages, draw };
  }

  async function hookSets() {
    const all = await part("hook-sets");
    if (!all.length) return el("p", {}, "Nowhere.");
    return el("table", {}, el("caption", { class: "unseen" }, "What a scenario comes to under each hook set"), head("Scenario", "Engine", "Hook set and end"),
      el("tbody", {}, all.flatMap((one) => Object.entries(one.engines).map(([name, ends]) => el("tr", {},
        el("th", { scope: "row" }, code(one.scenario), ` ${one.api}`), el("td", {}, name),
        el("td", {}, Object.entries(ends).map(([hooks, end], place) => [place ? " · " : "", el("strong", {}, hooks), ` ${end}`])))))));
  }

  // ---- one result --------------------------------------------------------------------------------

  async function details(index, number) {
    const chunk = await part(`details-${Math.floor(number / index.chunk)}`);
    const told = chunk.results[number % index.chunk];
    const pairs = (places) => places.map((place) => chunk.pairs[place]);
    return { ...told, exchanges: told.exchanges.map((one) => ({
      ...one, request_headers: pairs(one.request_headers), response_headers: pairs(one.response_headers) })) };
  }

  function dialog(index, one, kept, wanted, told) {
    const at = kept.findIndex((other) => other.key === one.key);
    const go = (step) => kept[at + step] && look({ open: kept[at + step].key, in: "" });
    const chosen = one.cells.find((cell) => cell.engine === wanted.in) || gravest(one.cells);
    return [
      el("div", { class: "bar" },
        el("p", {}, `${one.family} · ${one.hooks} · ${one.api}`),
        el("div", {},
          el("button", { type: "button", id: "before", disabled: at < 1, "aria-keyshortcuts": "p", onclick: () => go(-1) }, "Previous ", el("kbd", {}, "p")),
          el("button", { type: "button", id: "after", disabled: at < 0 || at + 1 >= kept.length, "aria-keyshortcuts": "n", onclick: () => go(1) }, "Next ", el("kbd", {}, "n")),
          el("button", { type: "button", id: "close", onclick: () => $("detail").close() }, "Close ", el("kbd", {}, "Esc")))),
      el("h2", { id: "detail-title", tabindex: "-1" }, one.scenario),
      el("p", { class: "summary" }, one.summary),
      el("div", { role: "tablist", "aria-label": "Engines", class: "tabs" }, one.cells.map((cell) => el("button", {
        type: "button", role: "tab", id: `tab-${cell.engine}`, "aria-selected": String(cell === chosen), "aria-controls": "told",
        tabindex: cell === chosen ? "0" : "-1", onclick: () => look({ in: cell.engine }) },
        el("strong", {}, cell.engine), " ", el("span", { class: `mark is-${cell.status}` }, icon(STATUSES[cell.status]), " ", cell.status)))),
      el("div", { id: "told", role: "tabpanel", "aria-labelledby": `tab-${chosen.engine}`, tabindex: "0" }, result(told)),
    ];
  }

  const gravest = (cells) => Object.keys(STATUSES).map((state) => cells.find((cell) => cell.status === state)).find(Boolean);

  function result(one) {
    const crossings = crossed(one.exchanges);
    const decided = deciding(one);
    return [
      el("div", { class: "verdict" }, status(one.status), one.blame ? el("span", {}, "blame: ", el("strong", {}, one.blame)) : null,
        one.cause ? el("span", {}, one.cause) : null),
      one.differences.length ? differences(one.differences) : null,
      el("div", { class: "evidence" },
        el("div", { class: "crossings" },
          asked(one),
          crossings.length === 0 ? el("p", { class: "quiet" }, "No request reached the server.") : null,
          crossings.map((crossing, number) => crossingPanels(crossing, number, crossings.length, decided, one))),
        el("aside", { "aria-label": "What was seen and said" }, witnesses(one))),
      el("section", {}, el("h3", {}, "See it again"), one.replay ? command(one.replay) : null),
    ];
  }

  function differences(all) {
    const table = (told, caption) => el("table", { class: "differences" }, el("caption", {}, caption), head("Where", "Expected", "Observed"),
      el("tbody", {}, told.map((one) => el("tr", {}, el("th", { scope: "row" }, code(one.where)), el("td", {}, one.expected), el("td", {}, one.observed)))));
    const rest = all.slice(DIFFERENCES);
    return [table(all.slice(0, DIFFERENCES), "What differs"),
      rest.length ? lazily(counted(rest.length, "further difference"), () => table(rest, "What else differs")) : null];
  }

  function asked(one) {
    const said = (step) => Object.entries(step).filter(([name]) => !["method", "url", "headers"].includes(name))
      .map(([name, value]) => `${name.replaceAll("_", " ")}: ${value}`);
    return el("section", { class: "asked" }, el("h3", {}, "What script asked", one.page ? el("span", { class: "quiet" }, ` on ${one.page}`) : null),
      el("ol", {}, (one.steps || []).map((step) => el("li", {}, code(`${step.method} ${step.url}`),
        (step.headers || []).map(([name, value]) => [" ", code(`${name}: ${value}`)]), said(step).map((text) => [" ", el("span", { class: "tag" }, text)])))));
  }

  /* Joins each preflight to the request that it asked for. */
  function crossed(exchanges) {
    const crossings = [];
    for (const one of exchanges) {
      const last = crossings.at(-1);
      if (one.kind === "actual" && last && !last.actual) last.actual = one;
      else crossings.push({ [one.kind]: one });
    }
    return crossings;
  }

  /* Which answer decided what script got to see, and by which header: as the standard has it, of the last step. */
  function deciding(one) {
    const told = one.predicted;
    if (!told) return {};
    const kind = told.reason && told.where.startsWith("preflight") ? "preflight" : "actual";
    const exchange = one.exchanges.findLast((each) => each.kind === kind);
    if (!exchange) return {};
    if (told.reason) return { exchange, header: told.header, status: BY_STATUS.includes(told.reason), word: "refuses" };
    const opened = told.outcome === "allowed" && exchange.response_headers.some(([name]) => name.toLowerCase() === "access-control-allow-origin");
    return opened ? { exchange, header: "Access-Control-Allow-Origin", word: "lets in" } : {};
  }

  function crossingPanels({ preflight, actual }, number, all, decided, one) {
    const author = new Set((one.steps || []).flatMap((step) => (step.headers || []).map(([name]) => name.toLowerCase())));
    const pair = [preflight, actual].filter(Boolean);
    return el("section", { class: "crossing" },
      all > 1 ? el("h3", {}, `Request ${number + 1} of ${all}`) : el("h3", {}, "What crossed the wire"),
      el("div", { class: "panels" },
        request("Preflight request", preflight, author, "None was sent."),
        response("Preflight response", preflight, decided, "There was nothing to answer."),
        request("Actual request", actual, author, "It was not sent."),
        response("Actual response", actual, decided, "There was nothing to answer.")),
      el("div", { class: "curl" }, pair.map((each) => [el("h4", {}, `As curl: the ${each.kind} request`), command(each.curl)])));
  }

  function request(title, exchange, author, missing) {
    return panel(title, exchange ? [
      el("p", { class: "line" }, code(`${exchange.method} ${exchange.url}`)),
      headers(exchange.request_headers, (name) => TELLING.test(name) || author.has(name.toLowerCase())),
    ] : el("p", { class: "quiet" }, missing), exchange);
  }

  function response(title, exchange, decided, missing) {
    if (!exchange) return panel(title, el("p", { class: "quiet" }, missing));
    const here = decided.exchange === exchange ? decided : {};
    const ended = exchange.ending === "complete" ? "" : ` (${exchange.ending})`;
    const line = el("p", { class: "line" }, code(`${exchange.status ?? "no answer"}${ended}`));
    const absent = here.header && !exchange.response_headers.some(([name]) => name.toLowerCase() === here.header.toLowerCase());
    if (here.status) line.append(" ", decides(here.word));
    return panel(title, [line,
      exchange.error ? el("p", { class: "is-fail" }, exchange.error) : null,
      absent ? el("ul", { class: "headers" }, el("li", { class: "decides" }, el("strong", {}, here.header), ": ", el("em", {}, "not sent"), " ", decides(here.word))) : null,
      headers(exchange.response_headers, (name) => TELLING.test(name), here)], exchange);
  }

  const decides = (word) => el("span", { class: "tag deciding" }, icon("◀"), ` decides: ${word}`);

  const panel = (title, inside, exchange) =>
    el("section", { class: exchange ? "panel" : "panel is-empty" }, el("h4", {}, title), inside);

  function headers(all, telling, here = {}) {
    const line = ([name, value]) => {
      const decisive = here.header && name.toLowerCase() === here.header.toLowerCase();
      return el("li", { class: decisive ? "decides" : null }, el("strong", {}, name), `: ${value}`, decisive ? [" ", decides(here.word)] : null);
    };
    const [told, rest] = [all.filter(([name]) => telling(name)), all.filter(([name]) => !telling(name))];
    return [
      told.length ? el("ul", { class: "headers" }, told.map(line)) : null,
      rest.length ? el("details", {}, el("summary", {}, `${counted(rest.length, "other header")}`), el("ul", { class: "headers" }, rest.map(line))) : null,
    ];
  }

  function witnesses(one) {
    const { observed, predicted } = one;
    const seen = (sight) => `${sight.outcome ?? "nothing"}${sight.status ? ` ${sight.status}` : ""}`;
    return [
      card("What script saw", el("p", { class: "big" }, seen(observed), observed.blocked_at ? ` ${BLOCKED_AT[observed.blocked_at]}` : null),
        observed.steps.length > 1 ? el("ol", {}, observed.steps.map((step) => el("li", {}, seen(step)))) : null,
        observed.outcome === "allowed" ? el("p", {}, "Readable headers: ", observed.readable_headers.length
          ? observed.readable_headers.map((name, place) => [place ? ", " : "", code(name)]) : "none") : null,
        observed.error ? el("p", {}, code(observed.error)) : null),
      card("What was expected", el("p", {}, one.expected ? seen(one.expected) : "whatever the standard makes of the answers")),
      card("What the standard says", predicted ? [
        el("p", { class: "big" }, seen(predicted)),
        predicted.reason ? el("p", {}, code(predicted.reason), `, ${predicted.where}`) : null,
        predicted.sentence ? el("p", {}, predicted.sentence) : null,
        predicted.clause ? el("p", {}, link(predicted.clause, `The clause: ${predicted.clause.split("#")[1] || predicted.clause}`)) : null,
      ] : el("p", { class: "quiet" }, "Nothing: the record ends before the story does.")),
      card("In the browser's own words", observed.browser_reason ? el("blockquote", {}, observed.browser_reason) : el("p", { class: "quiet" }, "It said nothing.")),
      card("Blame", el("p", {}, one.blame || "nobody: all agree, or it is a recorded deviation")),
    ];
  }

  const card = (title, ...inside) => el("section", { class: "card" }, el("h3", {}, title), inside);

  // ---- run and fuzzing run -----------------------------------------------------------------------

  function results(index) {
    const all = cases(index);
    const { columns } = index;
    const listed = list(index, all, columns);
    const box = $("detail");
    const main = $("main");
    if (index.kind === "fuzz") main.replaceChildren(...fuzzed(index));
    else main.replaceChildren(section("matrix", "By family and engine", matrix(all, columns)));
    if (all.length || index.kind === "run") {
      main.append(section("results", index.kind === "fuzz" ? "Disagreements" : "Results", filters(all, columns), listed.said, listed.table, listed.pages,
        new Set(all.map((one) => one.hooks)).size > 1 ? lazily("Where the hook sets differ", hookSets) : null));
    }
    main.classList.add(`is-${index.kind}`);
    let kept = [];

    show = async () => {
      const wanted = view();
      fill(wanted);
      kept = listed.draw(wanted);
      const one = wanted.open && all.find((each) => each.key === wanted.open);
      if (!one) {
        if (box.open) box.close();
        return;
      }
      const cell = one.cells.find((each) => each.engine === wanted.in) || gravest(one.cells);
      const told = await details(index, cell.number);
      if (view().open !== wanted.open || view().in !== wanted.in) return; // another one is wanted by now
      const focused = document.activeElement?.id;
      box.replaceChildren(...dialog(index, one, kept, wanted, told));
      if (!box.open) box.showModal();
      (box.contains($(focused)) && !$(focused).disabled ? $(focused) : $("detail-title")).focus();
      box.dataset.shows = `${one.key} in ${cell.engine}`;
    };

    box.addEventListener("close", () => {
      const { open } = view();
      delete box.dataset.shows;
      if (open) look({ open: "", in: "" });
      rowOf(open)?.focus();
    });
    addEventListener("beforeprint", () => listed.draw(view(), true));
    addEventListener("afterprint", () => listed.draw(view()));
    addEventListener("keydown", (event) => keys(event, box));
  }

  const rowOf = (key) => [...document.querySelectorAll("tr[data-key]")].find((one) => one.dataset.key === key)?.querySelector("a");

  function keys(event, box) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (box.open) {
      const tab = event.target.getAttribute("role") === "tab" && { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (tab) {
        const tabs = [...box.querySelectorAll("[role=tab]")];
        const next = tabs[(tabs.indexOf(event.target) + tab + tabs.length) % tabs.length];
        next.focus();
        next.click();
      } else if (event.key === "n") $("after").click();
      else if (event.key === "p") $("before").click();
      return;
    }
    searching(event);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || event.target.matches("select, [type=checkbox]")) return;
    if (event.target.id === "by-q") event.target.dispatchEvent(new Event("change"));
    const links = [...document.querySelectorAll("#rows a.opens")];
    const at = links.indexOf(event.target);
    if (at < 0 && event.target.id !== "by-q" && event.target !== document.body) return;
    const next = links[Math.max(0, at + step)];
    if (next) {
      event.preventDefault();
      next.focus();
    }
  }

  function searching(event) {
    if (event.key === "/" && !event.target.matches("input, select, textarea")) {
      event.preventDefault();
      $("by-q")?.focus();
    }
  }

  const section = (id, title, ...inside) => el("section", { id, "aria-labelledby": `${id}-title` }, el("h2", { id: `${id}-title` }, title), inside);

  const counts = (caption, by, columns) => el("table", {}, el("caption", {}, caption), head("Engine", ...columns),
    el("tbody", {}, Object.entries(by).map(([name, all]) => el("tr", {}, el("th", { scope: "row" }, name),
      columns.map((column) => el("td", { class: "number" }, all[column] ? STATUSES[column] ? status(column, count(all[column])) : count(all[column])
        : el("span", { class: "quiet" }, "0")))))));

  function fuzzed(index) {
    const states = Object.keys(STATUSES).filter((state) => Object.values(index.totals).some((all) => all[state]));
    const ends = distinct(Object.values(index.outcomes), (all) => Object.keys(all));
    const reached = Object.entries(index.reasons).filter(([, number]) => number).sort((one, other) => other[1] - one[1]);
    const missed = Object.entries(index.reasons).filter(([, number]) => !number).map(([name]) => name);
    return [
      section("counts", "What was counted", counts("Cases by status", index.totals, states), counts("Requests by outcome", index.outcomes, ends),
        el("table", {}, el("caption", {}, "Blocks, and the browsers' own words for them"), head("Engine", "Blocked", "Said why", "Meant the oracle's reason"),
          el("tbody", {}, Object.entries(index.words).map(([name, told]) => el("tr", {}, el("th", { scope: "row" }, name),
            [told.blocked, told.said, told.mapped].map((number) => el("td", { class: "number" }, count(number))))))),
        command(`corsproof fuzz -n ${index.cases} --seed ${index.seed}`)),
      section("reasons", "Reasons that the oracle reached",
        el("ul", { class: "reasons" }, reached.map(([name, number]) => el("li", {}, code(name), ` ${count(number)}`))),
        missed.length ? el("p", {}, "Not reached: ", missed.map((name, place) => [place ? ", " : "", code(name)])) : null),
      Object.values(index.known).some((all) => Object.keys(all).length) ? section("known", "Known deviations that show",
        el("ul", {}, Object.entries(index.known).flatMap(([name, all]) => Object.entries(all).map(([rule, number]) =>
          el("li", {}, el("strong", {}, name), " ", code(rule), ` ${counted(number, "case")}`))))) : null,
      index.untested.length ? section("untested", "What could not be tested",
        el("ul", {}, index.untested.map((one) => el("li", {}, status(one.status), ` ${one.case.id} in ${one.engine}: ${one.cause}`, command(one.replay))))) : null,
      index.unexplained_count ? null : section("disagreements", "Disagreements", el("p", {}, icon("✓"), " Nothing is unexplained.")),
    ].filter(Boolean);
  }

  // ---- audit -------------------------------------------------------------------------------------

  function audited(index) {
    const main = $("main");
    const columns = index.engines.map((one) => one.name);
    const findings = index.findings.map((one) => finding(one, index, columns));
    const said = el("p", { id: "said", role: "status" });
    main.classList.add("is-audit");
    main.replaceChildren(...[
      index.findings.length ? section("overview", "Findings and engines", overview(index.findings, columns)) : null,
      section("results", "Findings", ...(findings.length ? [auditFilters(index.findings, columns), said, ...findings.map((one) => one.element)]
        : [el("p", {}, icon("✓"), " Nothing was found.")])),
      section("policy", "The policy in effect", policy(index)),
      section("coverage", "What was tried, and what was not", coverage(index)),
    ].filter(Boolean));
    let opened = "";

    show = () => {
      const wanted = view();
      fill(wanted);
      let shown = 0;
      for (const one of findings) shown += !(one.element.hidden = !one.fits(wanted));
      said.textContent = `${counted(shown, "finding")} of ${count(findings.length)}`;
      if (wanted.open && wanted.open !== opened) {
        const one = findings.find((each) => each.key === wanted.open);
        if (one) {
          one.element.open = true;
          one.element.scrollIntoView({ block: "start" });
          one.element.querySelector("summary").focus();
        }
      }
      opened = wanted.open;
    };

    addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      searching(event);
      if (event.key === "Escape" && event.target.closest(".finding")) {
        const one = event.target.closest(".finding");
        one.open = false;
        one.querySelector("summary").focus();
      }
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      const heads = [...document.querySelectorAll(".finding:not([hidden]) > summary")];
      const at = heads.indexOf(event.target);
      if (step && (at >= 0 || event.target.id === "by-q")) {
        event.preventDefault();
        heads[Math.max(0, at + step)]?.focus();
      }
    });
    const closed = [];
    addEventListener("beforeprint", () => {
      closed.splice(0, closed.length, ...document.querySelectorAll(".finding:not([open])"));
      closed.forEach((one) => { one.open = true; });
    });
    addEventListener("afterprint", () => closed.forEach((one) => { one.open = false; }));
  }

  const nameOf = (one) => `${one.rule}~${one.url}`;
  const severity = (name) => el("span", { class: `severity is-${name}` }, icon(SEVERITIES[name]), " ", name[0].toUpperCase() + name.slice(1));
  const proof = (name) => name ? el("span", { class: `proof is-${name}` }, icon(PROOFS[name]), " ", PROOF_WORDS[name])
    : el("span", { class: "quiet" }, "not tried");

  function overview(all, columns) {
    return el("table", { class: "matrix" }, el("caption", { class: "unseen" }, "Findings by engine, the gravest first"),
      head("Severity", "Finding", ...columns),
      el("tbody", {}, all.map((one) => el("tr", {}, el("td", {}, severity(one.severity)),
        el("th", { scope: "row" }, chooser({ open: nameOf(one) }, `${one.rule} ${one.name}`)),
        columns.map((name) => el("td", {}, proof(one.proof[name])))))));
  }

  function auditFilters(all, columns) {
    const severities = Object.keys(SEVERITIES).filter((name) => all.some((one) => one.severity === name));
    return el("form", { role: "search", class: "filters", "aria-label": "Filters", onsubmit: (event) => event.preventDefault() },
      searchBox("Search"),
      choice("severity", "Severity", severities, (name) => `${SEVERITIES[name]} ${name}`),
      columns.length > 1 ? choice("only", "Only in one engine", ["any", ...columns], (name) => name === "any" ? "in whichever" : name) : null,
      el("div", { class: "ticks" }, tick("unexpected", "Above info"), columns.length > 1 ? tick("differs", "Engines differ") : null,
        clear("q", "severity", "only", "unexpected", "differs")));
  }

  function finding(one, index, columns) {
    const text = [one.rule, one.name, one.summary, one.cause, ...one.urls, ...one.evidence].join(" ").toLowerCase();
    const proven = columns.filter((name) => one.proof[name] === "proven");
    const differs = new Set(columns.map((name) => one.proof[name])).size > 1;
    const own = index.frameworks.filter((name) => one.fix[name]);
    const others = Object.keys(one.fix).filter((name) => !own.includes(name));
    const fixes = (names) => el("dl", { class: "fixes" }, names.map((name) => [el("dt", {}, name), el("dd", {}, code(one.fix[name]))]));
    const element = el("details", { class: `finding is-${one.severity}`, open: ["high", "medium"].includes(one.severity) },
      el("summary", {}, severity(one.severity), el("h3", {}, `${one.rule} ${one.name}`), el("span", { class: "summary" }, one.summary)),
      el("div", { class: "inside" },
        one.urls.length > 1 ? el("p", {}, "On: ", one.urls.map((url, place) => [place ? ", " : "", code(url)])) : null,
        el("div", { class: "cards" },
          card("Why it matters", el("p", {}, one.why)),
          card("Cause", el("p", {}, one.cause)),
          card("Clause", el("p", {}, link(one.clause)))),
        el("h4", {}, "Proof"), proofs(one, columns),
        el("ul", { class: "evidence-lines" }, one.evidence.map((line) => el("li", {}, code(line)))),
        el("h4", {}, "Fix"), fixes(own),
        others.length ? el("details", {}, el("summary", {}, "Fix in other frameworks"), fixes(others)) : null,
        command(`corsproof explain ${one.rule}`)));
    const fits = (wanted) => (!wanted.severity || one.severity === wanted.severity)
      && (!wanted.unexpected || one.severity !== "info")
      && (!wanted.differs || differs)
      && (!wanted.only || (proven.length === 1 && columns.length > 1 && (wanted.only === "any" || proven[0] === wanted.only)))
      && words(wanted.q).every((word) => text.includes(word));
    return { element, fits, key: nameOf(one) };
  }

  function proofs(one, columns) {
    const places = distinct(Object.values(one.proof_by_geometry), (by) => Object.keys(by));
    if (!places.length) return el("p", {}, "A header fact, which no page can show.");
    return el("table", {}, el("caption", { class: "unseen" }, "Proof by engine and by where the page is"), head("Page", ...columns),
      el("tbody", {}, places.map((place) => el("tr", {}, el("th", { scope: "row" }, GEOMETRIES[place] || place),
        columns.map((name) => el("td", {}, proof((one.proof_by_geometry[name] || {})[place])))))));
  }

  const GEOMETRIES = {
    trusted: "on a trusted origin", "same-site": "on the same site", "cross-site": "on another site",
    "cross-site-cookies": "on another site, third-party cookies allowed",
  };

  function policy(index) {
    const methods = distinct(index.policy, (one) => Object.keys(one.methods));
    const granted = (given) => given === undefined ? el("span", { class: "quiet" }, "–", unseen("no such method"))
      : given.credentials ? el("span", { class: "grant is-all" }, icon("●"), " with credentials")
        : given.anonymous ? el("span", { class: "grant is-some" }, icon("◐"), " without credentials")
          : el("span", { class: "grant is-none" }, icon("○"), " no");
    return [
      el("p", {}, "What pages on each origin may send, and read the answer to: as GET and preflights were answered."),
      el("div", { class: "wide", tabindex: "0", role: "region", "aria-label": "Table of the policy" },
        el("table", {}, el("caption", { class: "unseen" }, "Origins by method and credentials"),
          head("Path", "Origin", ...methods, "Request headers", "Readable headers", "Remembered for"),
          el("tbody", {}, index.policy.map((one, place) => el("tr", { class: one.path !== index.policy[place - 1]?.path ? "begins" : null },
            el("td", {}, code(one.path)),
            el("th", { scope: "row" }, code(one.origin), index.coverage.trusted.includes(one.origin) ? [" ", el("span", { class: "tag" }, "trusted")] : null),
            methods.map((name) => el("td", {}, granted(one.methods[name]))),
            [one.allow_headers, one.expose_headers, one.max_age && `${one.max_age} s`].map((text) => el("td", {}, text ? code(text) : el("span", { class: "quiet" }, "–")))))))),
    ];
  }

  function coverage(index) {
    const told = index.coverage;
    const item = (term, ...inside) => [el("dt", {}, term), el("dd", {}, inside)];
    return [
      el("dl", { class: "facts" },
        item("Paths", `${count(told.routes.length)}, from ${told.routes_from}`),
        item("Trusted origins", told.trusted.length ? told.trusted.map((origin) => [code(origin), " "]) : "none was named: whether pages that should get in do was not tried"),
        item("Writes", told.active ? "POST, PUT, PATCH and DELETE were sent" : "nothing that may change something was sent"),
        item("Signed in", told.signed_in ? "as a user" : "as nobody"),
        item("Asked of pages", count(told.asked_of_pages)),
        item("Left out", told.left_out.length ? el("ul", {}, told.left_out.map((line) => el("li", {}, line))) : "nothing"),
        item("Not tested", told.untested.length ? el("ul", {}, told.untested.map((line) => el("li", {}, line))) : "nothing")),
      lazily(`The ${counted(told.routes.length, "path")}`, () => el("ul", {}, told.routes.map((route) => el("li", {}, code(`${route.methods.join(", ")} ${route.path}`))))),
      lazily(`The ${counted(told.sent.length, "bare request")}`, () => el("table", {}, head("Request", "Origin", "Asks for", "Answer"),
        el("tbody", {}, told.sent.map((one) => el("tr", {}, el("td", {}, code(`${one.method} ${one.url}`)), el("td", {}, one.origin ? code(one.origin) : "none"),
          el("td", {}, one.asks_for || ""), el("td", {}, String(one.status ?? one.fault))))))),
      lazily("What no audit looks for", () => el("ul", {}, Object.entries(told.not_covered).map(([rule, why]) => el("li", {}, el("strong", {}, rule), `: ${why}`)))),
    ];
  }

  /* Details that are made when they are opened first. */
  function lazily(title, make) {
    const made = el("details", {}, el("summary", {}, title));
    made.addEventListener("toggle", async () => made.append(await make()), { once: true });
    return made;
  }

  // ---- begin -------------------------------------------------------------------------------------

  async function begin() {
    const index = await part("index");
    document.title = `${KINDS[index.kind]}${index.target ? ` of ${index.target}` : ""} · corsproof`;
    index.unexplained_count = index.rows.length;
    $("top").replaceChildren(...header(index).filter(Boolean));
    (index.kind === "audit" ? audited : results)(index);
    $("skip").addEventListener("click", (event) => { event.preventDefault(); ($("by-q") || $("main")).focus(); });
    addEventListener("hashchange", () => show());
    addEventListener("popstate", () => show());
    await show();
    performance.mark("rows");
    document.documentElement.dataset.ready = "yes";
  }

  begin();
})();
