/* The agent: fires the requests that it is told to fire and says exactly what script saw. It judges nothing.

   Roles (data-role of the script element): "home" asks its own site for batches and posts the results; "frame" does the
   firing inside a sandboxed frame, where the origin is opaque, and reports through its parent.

   A batch:  {number, pool, alone, hushed, units: [{id, steps: [step]}]}; steps of a unit run one after the other, and where
             there are several the site is told before each begins: its answers may change, and the record is cut there.
             The next batch begins when the last unit of this one has begun; where this one is to be alone, when it is
             done. Where it is hushed the browser keeps its words to itself, and not many: a step without a response is
             told, and keeps its place in the pool until somebody listens.
   A step:   {api: "fetch"|"xhr"|"websocket", method, url, headers: [[name, value]], body: string|null, body_kind: "text"|
              "urlencoded"|"bytes"|"stream", credentials, mode, redirect, cache, referrer_policy ("" for the page's own),
              upload_listener, after_ms: earliest start counted from the unit's, abort_ms: when the page itself
              gives up, counted from the arrival of its request at the server (or null), deadline_ms: when the harness
              gives up}
   A result: {unit, step, origin, outcome, type, status, status_text, url, redirected, headers: [[name, value]], body,
              error: {name, message}|null, events: [string], started_ms, ended_ms}
   Outcomes: "response", "network-error", "body-error" (headers came, the body did not), "aborted" (after abort_ms),
             "deadline" (after deadline_ms), "exception" (the API refused the call itself). */
"use strict";

(() => {
  const BODY_KEPT = 65536; // characters of a body that are reported
  const FLUSH_MS = 100; // results are posted together when they come within this time
  const FLUSH_MANY = 256; // or when so many wait
  const STAYS_OPEN_MS = 300; // what a server that accepts first and refuses then has time to close a WebSocket in
  const CALLS = 10; // times that the page's own site is told something, at most
  const CALL_AGAIN_MS = 200;

  /* At most `size` requests in flight: a page that fires thousands at once makes browsers fail by themselves. */
  function pool(size) {
    let free = size;
    const waiting = [];
    return async (work) => {
      if (free > 0) free -= 1;
      else await new Promise((resolve) => waiting.push(resolve));
      try {
        return await work();
      } finally {
        const next = waiting.shift();
        if (next) next();
        else free += 1;
      }
    };
  }

  function later() {
    const made = {};
    made.promise = new Promise((resolve) => { made.resolve = resolve; });
    return made;
  }

  const until = (time) => new Promise((resolve) => setTimeout(resolve, Math.max(0, time - performance.now())));
  const problem = (error) => ({ name: String(error && error.name), message: String(error && error.message) });

  /* Says why to give up on a step, and when: after its deadline, or `abort_ms` after its request has `arrived`. Whoever
     gives up does not wait for the browser to agree: WebKit does not always let a fetch end when it is aborted. */
  function clock(step, arrived) {
    const state = {};
    state.fired = new Promise((resolve) => {
      const timers = [setTimeout(() => resolve("deadline"), step.deadline_ms)];
      if (step.abort_ms !== null) {
        arrived().then(() => timers.push(setTimeout(() => resolve("aborted"), step.abort_ms)));
      }
      state.clear = () => timers.forEach(clearTimeout);
    });
    return state;
  }

  const bytes = (text) => Uint8Array.from(text, (character) => character.charCodeAt(0));

  function bodyOf(step) {
    switch (step.body_kind) {
      case "urlencoded": return new URLSearchParams(step.body);
      case "bytes": return bytes(step.body);
      case "stream": return new ReadableStream({ start(controller) {
        controller.enqueue(bytes(step.body));
        controller.close();
      } });
      default: return step.body;
    }
  }

  async function byFetch(step, seen) {
    const controller = new AbortController();
    const options = { method: step.method, headers: step.headers, credentials: step.credentials, mode: step.mode,
      redirect: step.redirect, cache: step.cache, signal: controller.signal };
    if (step.referrer_policy) options.referrerPolicy = step.referrer_policy;
    let request;
    try {
      if (step.body !== null) options.body = bodyOf(step);
      if (step.body_kind === "stream") options.duplex = "half";
      request = new Request(step.url, options);
    } catch (error) {
      return { stop() {}, done: Promise.resolve({ outcome: "exception", error: problem(error) }) };
    }
    return { stop: () => controller.abort(), done: afterFetch(fetch(request), seen) };
  }

  async function afterFetch(promise, seen) {
    let response;
    try {
      response = await promise;
    } catch (error) {
      return { outcome: "network-error", error: problem(error) };
    }
    Object.assign(seen, { type: response.type, status: response.status, status_text: response.statusText,
      url: response.url, redirected: response.redirected, headers: [...response.headers] });
    try {
      return { outcome: "response", body: (await response.text()).slice(0, BODY_KEPT) };
    } catch (error) {
      return { outcome: "body-error", error: problem(error) };
    }
  }

  const XHR_EVENTS = ["loadstart", "progress", "abort", "error", "load", "timeout", "loadend"];

  /* Records the order of events; a repeated one (progress, readyState 3) counts once. */
  function listen(target, prefix, names, events) {
    for (const name of names) {
      target.addEventListener(name, () => {
        const said = prefix + name + (name === "readystatechange" ? ":" + target.readyState : "");
        if (events[events.length - 1] !== said) events.push(said);
      });
    }
  }

  async function byXhr(step, seen) {
    const xhr = new XMLHttpRequest();
    listen(xhr, "", ["readystatechange", ...XHR_EVENTS], seen.events);
    const done = new Promise((resolve) => xhr.addEventListener("loadend", () => resolve(afterXhr(xhr))));
    try {
      xhr.open(step.method, step.url);
      xhr.withCredentials = step.credentials === "include";
      for (const [name, value] of step.headers) xhr.setRequestHeader(name, value);
      if (step.upload_listener) listen(xhr.upload, "upload.", XHR_EVENTS, seen.events);
      xhr.send(step.body === null ? null : bodyOf(step));
    } catch (error) {
      return { stop() {}, done: Promise.resolve({ outcome: "exception", error: problem(error) }) };
    }
    return { stop: () => xhr.abort(), done };
  }

  function afterXhr(xhr) {
    if (xhr.status === 0) return { outcome: "network-error" };
    const lines = xhr.getAllResponseHeaders().split("\r\n").filter(Boolean);
    const headers = lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]);
    return { outcome: "response", status: xhr.status, status_text: xhr.statusText, url: xhr.responseURL, headers,
      body: xhr.responseText.slice(0, BODY_KEPT) };
  }

  /* Opens a WebSocket: a response is one that stays open, or says something. */
  async function bySocket(step) {
    const socket = new WebSocket(step.url.replace(/^http/, "ws"));
    const done = new Promise((resolve) => {
      const opened = () => resolve({ outcome: "response", status: 101, body: "" });
      socket.addEventListener("message", opened);
      socket.addEventListener("open", () => setTimeout(opened, STAYS_OPEN_MS));
      socket.addEventListener("close", () => resolve({ outcome: "network-error" }));
    });
    return { stop: () => socket.close(), done: done.finally(() => socket.close()) };
  }

  const APIS = { fetch: byFetch, xhr: byXhr, websocket: bySocket };

  /* Fires one step and says what script saw of it. */
  async function runStep(step, arrived) {
    const seen = { events: [], headers: [], body: null, error: null };
    const timer = clock(step, arrived);
    const { stop, done } = await APIS[step.api](step, seen);
    const given = timer.fired.then((outcome) => ({ outcome, gaveUp: true }));
    const { gaveUp, ...end } = await Promise.race([done, given]);
    timer.clear();
    if (gaveUp) stop();
    return { ...seen, ...end };
  }

  async function runUnit(unit, hushed, inPool, report, ask, hasBegun) {
    const begun = performance.now();
    for (const [index, step] of unit.steps.entries()) {
      if (step.after_ms > 0) await until(begun + step.after_ms);
      await inPool(async () => {
        hasBegun();
        if (unit.steps.length > 1) await ask("turn", { unit: unit.id, step: index });
        const started = performance.now();
        const seen = await runStep(step, () => ask("arrived", { unit: unit.id }));
        const ended = performance.now();
        if (hushed && seen.outcome !== "response") await ask("failed", { unit: unit.id });
        report({ unit: unit.id, step: index, origin: self.origin, ...seen, started_ms: started, ended_ms: ended });
      });
    }
  }

  let inPool = null; // one for all batches: the next fills the room that this one leaves

  /* Promises that all units have begun, and that all are done. */
  function runBatch(batch, report, ask) {
    inPool ??= pool(batch.pool);
    const begun = [];
    const done = batch.units.map((unit) => {
      const { promise, resolve } = later();
      begun.push(promise);
      return runUnit(unit, batch.hushed, inPool, report, ask, resolve);
    });
    return { begun: Promise.all(begun), done: Promise.all(done) };
  }

  /* ---- home: batches in, results out --------------------------------------------------------------------------- */

  /* Tells the page's own site something. What is told can be told again: where the browser's network fails (Chromium's
     network process may end, and is replaced) it is, a few times; a case that failed with it is not. */
  const call = (session, path, value) => tell(`/agent/${session}/${path}`, value);

  async function tell(path, value) {
    const send = () => fetch(path, { method: "POST", body: JSON.stringify(value),
      headers: { "Content-Type": "application/json" } });
    let answer = null;
    for (let tries = 1; answer === null; tries += 1) {
      try {
        answer = await send();
      } catch (error) {
        if (tries === CALLS) throw error;
        await until(performance.now() + CALL_AGAIN_MS);
      }
    }
    if (!answer.ok) throw new Error(`the page's site answered ${answer.status}`);
    return answer.status === 204 ? null : answer.json();
  }

  /* Collects results and posts them in their order, one post at a time. */
  function mailer(session) {
    let waiting = [];
    let timer = null;
    let posting = Promise.resolve();
    const counter = document.getElementById("done");
    const post = (done) => {
      clearTimeout(timer);
      timer = null;
      const steps = waiting;
      waiting = [];
      if (steps.length) counter.value = Number(counter.value) + steps.length; // and not with each: a page is painted then
      const report = done === undefined ? { steps } : { steps, batch_done: done };
      posting = posting.then(() => call(session, "results", report));
      return posting;
    };
    return {
      add(result) {
        waiting.push(result);
        if (waiting.length >= FLUSH_MANY) post();
        else timer ??= setTimeout(post, FLUSH_MS);
      },
      post,
    };
  }

  async function home(session, run, origin) {
    const mail = mailer(session);
    const ask = (have) => {
      const asked = call(session, "next", { origin, have });
      asked.catch(() => {}); // is heard of below, once the batch before has begun
      return asked;
    };
    let have = 0;
    let next = ask(have);
    for (;;) {
      const batch = await next;
      if (batch.done) return;
      have = batch.number ?? have;
      next = ask(have); // while this one runs
      if (!batch.units) continue;
      const { begun, done } = run(batch, (result) => mail.add(result), (what, value) => call(session, what, value));
      const ended = done.then(() => mail.post(batch.number));
      await (batch.alone ? ended : begun);
    }
  }

  /* Goes where the tour goes next, once there is nothing more to do here: the browser is one that nobody drives. */
  async function travel(tour, stop) {
    for (;;) {
      const { go } = await tell(`/tour/${tour}/next`, { stop });
      if (go) {
        location.replace(go);
        return;
      }
    }
  }

  /* ---- frame: an opaque origin, which reaches its site only through its parent ---------------------------------- */

  function insideFrame() {
    const tell = (message) => parent.postMessage(message, "*");
    const waiting = [];
    const ask = (what, value) => new Promise((resolve) => {
      tell({ ask: what, value, number: waiting.push(resolve) - 1 });
    });
    addEventListener("message", ({ data }) => {
      if (data.answered !== undefined) {
        waiting[data.answered]();
        return;
      }
      const { begun, done } = runBatch(data, (result) => tell({ result }), ask);
      begun.then(() => tell({ begun: data.number }));
      done.then(() => tell({ done: data.number }));
    });
    tell({ ready: self.origin });
  }

  function throughFrame(script) {
    const frame = document.createElement("iframe");
    frame.setAttribute("sandbox", "allow-scripts");
    frame.srcdoc = `<!doctype html><script src="${script}" data-role="frame"></` + "script>";
    const ready = later();
    const waiting = { begun: {}, done: {} };
    let hear = null; // what the running batches report to, which is the same for all
    const tell = (message) => frame.contentWindow.postMessage(message, "*");
    addEventListener("message", ({ source, data }) => {
      if (source !== frame.contentWindow) return;
      if (data.ready) ready.resolve(data.ready);
      else if (data.result) hear.report(data.result);
      else if (data.ask) hear.ask(data.ask, data.value).then(() => tell({ answered: data.number }));
      else for (const what of ["begun", "done"]) waiting[what][data[what]]?.resolve();
    });
    document.body.append(frame);
    const run = (batch, report, ask) => {
      hear = { report, ask };
      const [begun, done] = [later(), later()];
      waiting.begun[batch.number] = begun;
      waiting.done[batch.number] = done;
      tell(batch);
      return { begun: begun.promise, done: done.promise };
    };
    return ready.promise.then((origin) => ({ origin, run }));
  }

  const own = document.currentScript;
  const { role, sandboxed, session, tour, stop } = own.dataset;
  if (role === "frame") {
    insideFrame();
  } else {
    const there = sandboxed === undefined ? Promise.resolve({ origin: self.origin, run: runBatch }) : throughFrame(own.src);
    const done = there.then(({ origin, run }) => home(session, run, origin));
    // A session that has ended meanwhile answers 404: that, too, is the end of the work here.
    if (tour) done.catch(() => {}).then(() => travel(tour, Number(stop)));
  }
})();
