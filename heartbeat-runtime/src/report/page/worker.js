"use strict";

// === Elements. Texts are inserted as text, never as HTML. ===

function h(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value == null || value === false) continue;
    if (name.startsWith("--")) node.style.setProperty(name, value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...nodes(children));
  return node;
}

function nodes(children) {
  const kept = children.flat(Infinity).filter((child) => child != null && child !== false);
  return kept.map((child) => (child instanceof Node ? child : document.createTextNode(child)));
}

// Changes only what differs, so that focus and selection stay.
function patch(element, ...children) {
  const wanted = nodes(children);
  wanted.forEach((node, index) => {
    const old = element.childNodes[index];
    if (!old) element.append(node);
    else if (old.nodeName !== node.nodeName) old.replaceWith(node);
    else if (old instanceof Text) old.data === node.data || (old.data = node.data);
    else {
      patchAttributes(old, node);
      patch(old, ...node.childNodes);
    }
  });
  while (element.childNodes.length > wanted.length) element.lastChild.remove();
}

function patchAttributes(old, node) {
  for (const { name } of [...old.attributes]) {
    // The reader opens and closes a <details>.
    if (name !== "open" && !node.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of node.attributes) {
    if (name === "style") old.style.cssText = node.style.cssText;
    else if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
}

// === Words and numbers ===

function duration(seconds) {
  const whole = Math.floor(seconds);
  const [days, hours, minutes] = [whole / 86400, (whole / 3600) % 24, (whole / 60) % 60].map(
    Math.floor,
  );
  const pair = (large, unit, small, other) =>
    small ? `${large} ${unit} ${small} ${other}` : `${large} ${unit}`;
  if (days) return pair(days, "d", hours, "h");
  if (hours) return pair(hours, "h", minutes, "min");
  if (minutes) return pair(minutes, "min", whole % 60, "s");
  return seconds < 10 && seconds % 1 ? `${seconds.toFixed(1)} s` : `${whole} s`;
}

// An age always has a decimal below ten seconds, so that it does not jump.
const age = (seconds) => (seconds < 9.95 ? `${seconds.toFixed(1)} s` : duration(seconds));
const exact = (seconds) => (seconds < 1 ? `${Math.round(seconds * 1000)} ms` : duration(seconds));

function bytes(count) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = Math.min(Math.floor(Math.log2(count || 1) / 10), units.length - 1);
  return `${(count / 1024 ** power).toFixed(power ? 1 : 0)} ${units[power]}`;
}

const verdictOf = (report) => report?.status ?? "none";

// A worker that is not ready on purpose, for now, is not in trouble.
function toneOf(status, reasons) {
  const isOnPurpose = reasons.every((reason) =>
    ["starting", "stopping", "busy", "task_failed"].includes(reason),
  );
  return status === "fail" && isOnPurpose ? "rest" : status;
}

function toneOfReport({ status, reasons = [], checks }) {
  const isCritical = checks.some((check) => check.status === "fail");
  return toneOf(
    status,
    reasons.filter((reason) => reason !== "check_failed" || isCritical),
  );
}

const mark = (verdict) => h("span", { class: `mark ${verdict}`, "aria-hidden": "true" });
const marked = (verdict, ...words) =>
  h("span", { class: "marked" }, mark(verdict), h("span", {}, ...words));
const code = (text) => h("code", {}, text);

function setIcon(verdict) {
  const shapes = {
    pass: '<circle cx="8" cy="8" r="7" fill="%23008563"/>',
    warn: '<path d="M8 1 15.5 15H.5z" fill="%23c98500"/>',
    fail: '<path d="M4 1 8 5l4-4 3 3-4 4 4 4-3 3-4-4-4 4-3-3 4-4-4-4z" fill="%23d93a2b"/>',
    rest: '<path d="M2 1h4v14H2zM10 1h4v14h-4z" fill="%235b8bd6"/>',
    none: '<circle cx="8" cy="8" r="5.5" fill="none" stroke="%23888" stroke-width="3"/>',
  };
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">${shapes[verdict]}</svg>`;
  const icon = document.querySelector("link[rel=icon]");
  if (icon.dataset.verdict !== verdict) icon.href = `data:image/svg+xml,${svg}`;
  icon.dataset.verdict = verdict;
}

// === The reasons ===

function sinceOf(report, reason) {
  let since = 0;
  for (const { at, to } of [...report.history].reverse()) {
    if (!to.split(" ").includes(reason)) break;
    since = at;
  }
  return since;
}

function reasonsOf(report) {
  return (report.reasons ?? []).flatMap((reason) => {
    const since = sinceOf(report, reason);
    const sentences = sentencesOf(report, reason);
    // The cause may have gone since the verdict.
    return (sentences.length ? sentences : ["not any more"]).map((text) => ({
      reason,
      text,
      since,
    }));
  });
}

function sentencesOf(report, reason) {
  const { state, failure } = report;
  switch (reason) {
    case "faulted":
      return [failure ?? "it panicked"];
    case "stalled":
      return report.heartbeats
        .filter((heartbeat) => heartbeat.state === "stalled")
        .map(
          ({ name, age, deadline }) =>
            `no beat from ${name} for ${duration(Math.floor(age))}, due within ${duration(deadline)}`,
        );
    case "starved":
      return ["the worker's runtime runs no tasks"];
    case "starting":
      return ["on_start has not ended yet"];
    case "stopping":
      return [
        state === "stopped" ? "it has stopped" : "a stop was requested",
        ...(failure ? [failure] : []),
      ];
    case "busy":
      return ["it accepts no more work for now"];
    case "check_failed":
      return report.checks
        .filter(({ status }) => status !== "pass")
        .map(({ name, message }) => `${name}: ${message ?? "it fails"}`);
    case "task_failed":
      return report.tasks
        .filter(({ state }) => state === "restarting")
        .map(
          ({ name, last_failure }) => `${name} is being restarted, ${last_failure ?? "it failed"}`,
        );
    default:
      return [reason];
  }
}

// === The parts ===

function clock(report, at) {
  const time = new Date((report.start_time + at) * 1000);
  return h(
    "time",
    { datetime: time.toISOString() },
    time.toLocaleTimeString([], { hour12: false }),
  );
}

function sinceText(report, at) {
  const time = duration(Math.floor(report.uptime - at));
  return h("span", { class: "since" }, "since ", clock(report, at), ` (${time})`);
}

function listOf(report, reasons) {
  const items = reasons
    .slice(0, 8)
    .map(({ reason, text, since }) => [
      h("b", {}, reason.replace("_", " ")),
      `: ${text}; `,
      sinceText(report, since),
    ]);
  if (reasons.length > 8) items.push(`and ${reasons.length - 8} more`);
  return h(
    "ul",
    { class: "reasons" },
    items.map((item) => h("li", {}, item)),
  );
}

function heroOf(report) {
  const reasons = reasonsOf(report);
  const tone = toneOfReport(report);
  const probes = [
    [report.live, "live", "not live"],
    [report.ready, "ready", "not ready"],
    [report.started, "started", "not started"],
  ];
  return h(
    "div",
    { class: `hero ${tone}` },
    h(
      "p",
      { class: "state" },
      mark(tone),
      h("strong", {}, report.state),
      h("span", { class: "verdict" }, report.status),
    ),
    reasons.length
      ? listOf(report, reasons)
      : h(
          "p",
          { class: "reasons" },
          "All is well, ",
          sinceText(report, report.history.at(-1)?.at ?? 0),
        ),
    h(
      "ul",
      { class: "probes", "aria-label": "Probes" },
      probes.map(([passes, yes, no]) =>
        h("li", {}, marked(passes ? "pass" : tone === "rest" ? "rest" : "fail", passes ? yes : no)),
      ),
    ),
  );
}

function part(title, count, ...content) {
  return h(
    "section",
    {},
    h("h2", {}, title, count > 0 && h("span", { class: "count" }, count)),
    ...content,
  );
}

const none = (text, call) => h("p", { class: "quiet" }, text, " ", code(call), " adds one.");

function table(caption, columns, rows) {
  const head = columns.map(([title, kind]) => h("th", { scope: "col", class: kind }, title));
  const cell = (content, index) =>
    index ? h("td", { class: columns[index][1] }, content) : h("th", { scope: "row" }, content);
  return h(
    "table",
    {},
    h("caption", { class: caption.endsWith(".") ? "quiet" : "unseen" }, caption),
    h("thead", {}, h("tr", {}, head)),
    h(
      "tbody",
      {},
      rows.map((cells) => h("tr", {}, cells.map(cell))),
    ),
  );
}

// Rows of a table: more would keep the browser busy each second.
const SHOWN = 200;

// Problems first.
const sorted = (items, isFine) => [...items].sort((a, b) => isFine(a) - isFine(b)).slice(0, SHOWN);

const more = (items) =>
  items.length > SHOWN &&
  h("p", { class: "quiet" }, `${items.length - SHOWN} more are in the JSON.`);

function barOf({ state, age, deadline }) {
  const share = deadline > 0 ? Math.min(age / deadline, 1) : 1;
  const kind = state === "beating" && share > 0.75 ? "late" : state;
  return h("div", { class: `bar ${kind}`, "aria-hidden": "true" }, h("div", { "--share": share }));
}

function stateOf(heartbeat) {
  switch (heartbeat.state) {
    case "idle":
      return "idle";
    case "allowed":
      return `allowed for ${duration(Math.ceil(heartbeat.allowed_for))}`;
    case "unarmed":
      return "not begun";
    default:
      return [
        age(heartbeat.age),
        h("span", { class: "quiet" }, ` of ${duration(heartbeat.deadline)}`),
      ];
  }
}

function heartbeatsOf({ heartbeats }) {
  const rows = sorted(heartbeats, ({ state }) => state !== "stalled").map((heartbeat) => {
    const { state, stalls } = heartbeat;
    const verdict = { stalled: "fail", unarmed: "none" }[state] ?? "pass";
    const past =
      stalls > 0 && h("small", {}, stalls > 1 ? `stalled ${stalls} times` : "stalled once");
    const now = h("span", {}, state === "stalled" && h("b", {}, "stalled "), stateOf(heartbeat));
    return [
      marked(verdict, code(heartbeat.name), past),
      h("div", { class: "beat" }, barOf(heartbeat), now),
    ];
  });
  const caption =
    "A heartbeat that misses its deadline makes live fail, unless it is idle or allowed to take longer.";
  const columns = [["Heartbeat"], ["Age and deadline", "wide"]];
  return part("Heartbeats", heartbeats.length, table(caption, columns, rows), more(heartbeats));
}

function checksOf({ checks }) {
  if (!checks.length)
    return part("Checks", 0, none("No dependency is checked.", 'role.check("database")'));
  const rows = sorted(checks, ({ status }) => status === "pass").map((check) => [
    marked(check.status, code(check.name), check.message && h("small", {}, check.message)),
    [check.status, !check.critical && h("small", {}, "not critical")],
    exact(check.duration),
    [age(check.age), " ago"],
  ]);
  const columns = [["Check"], ["Result"], ["Took", "number"], ["Last result", "number"]];
  return part(
    "Checks",
    checks.length,
    table("Checks of dependencies", columns, rows),
    more(checks),
  );
}

function tasksOf({ tasks }) {
  if (!tasks.length)
    return part("Tasks", 0, none("No task is supervised.", 'role.task("consumer")'));
  const verdicts = { running: "pass", restarting: "warn", failed: "fail" };
  const rows = sorted(tasks, ({ state }) => state === "running").map((task) => [
    marked(
      verdicts[task.state],
      code(task.name),
      task.last_failure && h("small", {}, task.last_failure),
    ),
    task.state,
    task.restarts,
    [age(task.age), " ago"],
  ]);
  const columns = [["Task"], ["State"], ["Restarts", "number"], ["Last alive", "number"]];
  return part("Tasks", tasks.length, table("Supervised tasks", columns, rows), more(tasks));
}

const list = (pairs) =>
  h(
    "dl",
    {},
    pairs.map(([term, ...texts]) => h("div", {}, h("dt", {}, term), h("dd", {}, ...texts))),
  );

function textOf(value) {
  if (typeof value === "string") return value;
  const isFlat = value && !Array.isArray(value) && typeof value === "object";
  if (!isFlat) return JSON.stringify(value);
  return Object.entries(value).map(([key, inner]) =>
    h("div", {}, `${key}: `, JSON.stringify(inner)),
  );
}

function factsOf({ facts = {} }) {
  const pairs = Object.entries(facts).map(([fact, value]) => [code(fact), textOf(value)]);
  if (!pairs.length)
    return part("Facts", 0, none("The worker tells none.", 'role.fact("queue", 3)'));
  return part("Facts", pairs.length, list(pairs));
}

function processOf(report, share) {
  const { process, panics } = report;
  const pairs = [
    process && ["CPU", share == null ? "…" : `${(share * 100).toFixed(1)} % of a core`],
    process && ["CPU time", duration(process.cpu)],
    process && ["Memory", bytes(process.resident_bytes)],
    [
      "Panics",
      panics.count ? h("b", {}, panics.count) : "none",
      panics.last && h("small", {}, panics.last),
    ],
  ];
  return part("Process", 0, list(pairs.filter(Boolean)));
}

function endpointsOf({ endpoints }) {
  const pairs = endpoints.map(({ name, protocol, address }) => [
    code(name),
    `${protocol} `,
    code(address),
  ]);
  return part("Endpoints", pairs.length, list(pairs));
}

function changesOf(report) {
  const words = (codes) => codes.replaceAll(" ", ", ").replaceAll("_", " ");
  const change = (status, at, to, before) =>
    h(
      "li",
      {},
      mark(status),
      clock(report, at),
      h("div", {}, h("b", {}, to), before && h("small", {}, before)),
    );
  // The verdict may change in ways that its words do not tell.
  const history = report.history.filter(({ from, to }) => from !== to);
  const changes = history.map(({ at, from, to, lasted, status }) =>
    change(
      toneOf(status, to.split(" ")),
      at,
      words(to),
      `after ${exact(lasted)} of ${words(from)}`,
    ),
  );
  if (changes.length < 64) changes.unshift(change("none", 0, "process began"));
  changes.reverse();
  const list = (items) => h("ol", { class: "changes" }, items);
  const [recent, earlier] = [changes.slice(0, 8), changes.slice(8)];
  const rest =
    earlier.length > 0 &&
    h("details", {}, h("summary", {}, `${earlier.length} earlier`), list(earlier));
  return part("Changes", history.length, list(recent), rest);
}

// === The worker ===

// The share of a core over the last ten seconds; the system counts in hundredths of a second.
function cpuShare(element, { process, uptime, start_time }) {
  const kept = (element.cpuSamples ?? []).filter(
    (old) => old.start_time === start_time && uptime - old.uptime <= 10,
  );
  if (process) kept.push({ start_time, uptime, cpu: process.cpu });
  element.cpuSamples = kept;
  const [first, last] = [kept[0], kept.at(-1)];
  return kept.length > 1 && last.uptime > first.uptime
    ? (last.cpu - first.cpu) / (last.uptime - first.uptime)
    : null;
}

function renderWorker(element, report) {
  element.beats = !element.beats;
  const heart = h("span", {
    class: `heart ${toneOfReport(report)} ${element.beats ? "one" : "two"}`,
    "aria-hidden": "true",
  });
  const up = ["up ", duration(Math.floor(report.uptime))];
  patch(
    element,
    h(
      "header",
      {},
      heart,
      h("h1", {}, report.role),
      [report.version, report.instance, up].map((text) => h("span", {}, text)),
    ),
    heroOf(report),
    h(
      "div",
      { class: "parts" },
      h("div", {}, heartbeatsOf(report), checksOf(report), tasksOf(report)),
      h(
        "div",
        {},
        factsOf(report),
        processOf(report, cpuShare(element, report)),
        endpointsOf(report),
      ),
      h("div", {}, changesOf(report)),
    ),
  );
}

function renderSilence(element, who, receivedAt, last) {
  const silent = performance.now() - receivedAt;
  const isSilent = silent > 3000;
  const text = `${who}: no answer since ${duration(Math.floor(silent / 1000))}`;
  patch(
    element,
    isSilent &&
      h("p", {}, mark("none"), h("b", {}, text), last && h("span", {}, `last seen ${last}`)),
  );
  element.className = isSilent ? "silence" : "";
  return isSilent;
}
