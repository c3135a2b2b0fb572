
// === The page of a fleet ===
{
  const at = (id) => document.getElementById(id);
  const token = document.querySelector("meta[name=heartbeat-token]").content;
  const order = ["fail", "none", "warn", "rest", "pass"];
  const words = { pass: "pass", warn: "warn", fail: "fail", none: "no answer" };

  let snapshot;
  let receivedAt = performance.now();
  // Actions under way, by instance.
  const pending = new Map();
  // What an instance is rendered into, by instance: its row, its report, and the samples of its CPU time.
  const kept = new Map();

  const keptOf = (id) => {
    if (!kept.has(id)) {
      kept.set(id, { row: h("tr", { role: "row", "data-id": id }), report: h("div", {}), samples: {} });
    }
    return kept.get(id);
  };

  const hashOf = (id) => `#${encodeURIComponent(id)}`;
  const opened = () => snapshot?.instances.find(({ id }) => hashOf(id) === location.hash);
  // Those at rest say nothing about the others.
  const worst = (instances) =>
    ["fail", "none", "warn", "pass"].find((tone) => instances.some((it) => it.tone === tone)) ?? "rest";
  const isInRotation = ({ ready, busy }) => ready && !busy;
  const isAtRest = ({ phase }) => phase === "stopped" || phase === "ended";
  const linkTo = ({ id }) => h("a", { href: hashOf(id) }, id);

  // === Why an instance is as it is ===

  function whyOf(instance) {
    const { phase, report, restart_in_seconds, last_exit, restarts, seen_seconds_ago } = instance;
    const exit = last_exit && `last exit: ${last_exit}`;
    if (phase === "restarting") {
      const next = `for the ${ordinal(restarts)} time, in ${duration(Math.ceil(restart_in_seconds ?? 0))}`;
      return [exit, next].filter(Boolean);
    }
    if (isAtRest(instance)) return [exit].filter(Boolean);
    if (instance.was_red) return ["it was not live, and is started again"];
    if (instance.tone === "none") {
      return [seen_seconds_ago == null ? "it has not answered yet" : `last answer ${duration(Math.floor(seen_seconds_ago))} ago`];
    }
    const sentences = report?.history ? reasonsOf(report).map(({ text }) => text) : instance.reasons;
    return instance.busy ? [...sentences, "you took it out of rotation"] : sentences;
  }

  function ordinal(count) {
    const isTeen = Math.floor(count / 10) % 10 === 1;
    return `${count}${(!isTeen && { 1: "st", 2: "nd", 3: "rd" }[count % 10]) || "th"}`;
  }

  // === All instances ===

  function renderFleet({ service, instances }) {
    const tone = worst(instances);
    const ready = instances.filter(isInRotation).length;
    const troubled = sortedByTone(instances).filter((it) => it.tone !== "pass" && it.tone !== "rest");
    const beat = (at("fleet").beats = !at("fleet").beats) ? "one" : "two";
    const [word, ...others] = new Set(instances.map((it) => it.word));
    const verdict = words[tone] ?? (others.length || !word ? "at rest" : word);
    const state = ready === instances.length ? `all ${ready} ready` : `${ready} of ${instances.length} ready`;
    patch(
      at("fleet"),
      h(
        "header",
        {},
        h("span", { class: `heart ${tone} ${beat}`, "aria-hidden": "true" }),
        h("h1", {}, service),
        h("span", {}, "on this machine"),
      ),
      h(
        "div",
        { class: `hero ${tone}` },
        h("p", { class: "state" }, mark(tone), h("strong", {}, state), h("span", { class: "verdict" }, verdict)),
        troubled.length > 0 &&
          h(
            "ul",
            { class: "reasons" },
            troubled.slice(0, 5).map((it) => h("li", {}, h("b", {}, linkTo(it), ` ${it.word}`), ...whyOf(it).slice(0, 1).map((why) => `: ${why}`))),
            troubled.length > 5 && h("li", {}, `and ${troubled.length - 5} more`),
          ),
        h("ul", { class: "probes", "aria-label": "Roles" }, rolesOf(instances).map((role) => h("li", {}, marked(...role)))),
      ),
    );
  }

  function rolesOf(instances) {
    return [...new Set(instances.map(({ role }) => role))].map((role) => {
      const own = instances.filter((it) => it.role === role);
      return [worst(own), `${role} ${own.filter(isInRotation).length}/${own.length}`];
    });
  }

  const sortedByTone = (instances) => [...instances].sort((a, b) => order.indexOf(a.tone) - order.indexOf(b.tone));

  // Problems come first; but no row moves away from under a pointer or a focus.
  function renderRows({ instances }) {
    const body = document.querySelector(".instances tbody");
    for (const instance of instances) patch(keptOf(instance.id).row, ...cellsOf(instance));
    const rows = sortedByTone(instances).map(({ id }) => keptOf(id).row);
    const isSame = rows.length === body.children.length && rows.every((row) => row.parentNode === body);
    if (isSame && (body.matches(":hover") || body.contains(document.activeElement))) return;
    if (!isSame || rows.some((row, index) => body.children[index] !== row)) body.replaceChildren(...rows);
  }

  function cellsOf(instance) {
    const { id, tone, word, version, pid, report, uptime_seconds, restarts, last_exit, seen_seconds_ago, answers } = instance;
    // The last exit has a column of its own.
    const [why, ...others] = whyOf({ ...instance, last_exit: null });
    const isKnown = answers && report?.process;
    const share = report ? cpuShare(keptOf(id).samples, report) : null;
    const cell = (kind, ...content) => h("td", { role: "cell", class: kind }, ...content);
    const labelled = (kind, label, ...content) => h("td", { role: "cell", class: kind, "data-label": label }, ...content);
    return [
      h("th", { scope: "row", role: "rowheader" }, marked(tone, linkTo(instance), h("small", {}, [version, pid && `pid ${pid}`].filter(Boolean).join(" · ")))),
      cell(
        "standing",
        h("b", {}, word),
        answers && h("span", { class: "quiet seen" }, ` ${age(seen_seconds_ago ?? 0)} ago`),
        why && h("small", {}, why, others.length > 0 && `; ${others.length} more`),
      ),
      cell("beats", answers && report?.heartbeats && worstBeat(report)),
      labelled("up", "Up", uptime_seconds == null ? "–" : duration(Math.floor(uptime_seconds))),
      labelled("restarts", "Restarts", restarts || "none", last_exit && h("small", {}, `last exit: ${last_exit}`)),
      labelled("usage", "CPU, memory", isKnown ? [share == null ? "…" : `${(share * 100).toFixed(1)} %`, h("small", {}, bytes(report.process.resident_bytes))] : "–"),
      cell("actions", buttonsOf(instance)),
    ];
  }

  // The heartbeat that is nearest to its own deadline.
  function worstBeat({ heartbeats }) {
    const share = ({ state, age, deadline }) => (state === "stalled" ? Infinity : state === "beating" ? age / deadline : -1);
    const [first, ...others] = [...heartbeats].sort((a, b) => share(b) - share(a));
    if (!first) return null;
    const more = others.length > 0 && h("span", { class: "quiet" }, ` +${others.length}`);
    return [barOf(first), h("small", {}, code(first.name), more, h("span", {}, stateOf(first)))];
  }

  function buttonsOf(instance) {
    const { id, busy, phase } = instance;
    const now = pending.get(id);
    const button = (action, text, attributes) =>
      h(
        "button",
        { type: "button", "data-action": action, "data-id": id, "aria-disabled": now ? "true" : null, class: now === action && "pending", ...attributes },
        text,
        h("span", { class: "unseen" }, ` ${id}`),
      );
    return h(
      "span",
      { class: "buttons" },
      isAtRest(instance) ? null : button(busy ? "free" : "busy", "Busy", { "aria-pressed": String(busy) }),
      button("restart", isAtRest(instance) ? "Start" : "Restart"),
      isAtRest(instance) || phase === "stopping" ? null : button("stop", "Stop"),
    );
  }

  // === One instance, in place ===

  function renderInstance({ service, instances }, instance) {
    const { id, tone, word, report, answers, seen_seconds_ago } = instance;
    const own = keptOf(id).report;
    own.className = report && !answers ? "stale" : "";
    const isDetailed = Boolean(report?.history);
    if (isDetailed) renderWorker(own, report, receivedAt - (seen_seconds_ago ?? 0) * 1000);
    else {
      patch(
        own,
        h("header", {}, h("h1", {}, id)),
        h("div", { class: `hero ${tone}` }, h("p", { class: "state" }, mark(tone), h("strong", {}, word)), h("ul", { class: "reasons" }, whyOf(instance).map((why) => h("li", {}, why)))),
      );
    }
    const strip = instances.map((it) =>
      h("a", { href: hashOf(it.id), "aria-current": it === instance ? "page" : null }, marked(it.tone, it.id), h("span", { class: "unseen" }, ` ${it.word}`)),
    );
    const silence = h("div", {});
    if (tone === "none" && seen_seconds_ago != null) renderSilence(silence, id, receivedAt - seen_seconds_ago * 1000, report?.state);
    const head = at("worker").firstElementChild ?? at("worker").appendChild(h("div", {}));
    patch(
      head,
      h("nav", { class: "strip", "aria-label": "Instances" }, h("a", { href: "#" }, "← ", service), strip),
      silence,
      h("div", { class: "desk" }, processOfRun(instance), buttonsOf(instance)),
    );
    if (at("worker").lastElementChild !== own) at("worker").replaceChildren(head, own);
  }

  function processOfRun(instance) {
    const { pid, phase, restarts, last_exit, endpoints, seen_seconds_ago } = instance;
    const pairs = [
      ["Process", pid ? `pid ${pid}` : phase],
      ["Restarts", restarts || "none"],
      last_exit && ["Last exit", last_exit],
      seen_seconds_ago != null && ["Seen", `${age(seen_seconds_ago)} ago`],
      ...endpoints.filter(({ protocol }) => protocol !== "udp").map((endpoint) => [endpoint.name, addressOf(endpoint)]),
    ];
    return h("dl", {}, pairs.filter(Boolean).map(([term, ...texts]) => h("div", {}, h("dt", {}, term), h("dd", {}, ...texts))));
  }

  function addressOf({ protocol, address, public: shared }) {
    const isWeb = protocol === "http" || protocol === "https";
    const link = (to) => (isWeb ? h("a", { href: `${protocol}://${to}/` }, to) : h("code", {}, to));
    return [link(address), shared && [" behind ", link(shared)]];
  }

  // === The lines ===

  const MAX_LINES = 3000;
  const lines = at("log-lines");
  // The numbers of the last line shown, and of the last line cleared.
  let [shown, cleared] = [-1, -1];
  let follows = true;

  // The golden angle keeps neighbours apart.
  const hueOf = (id) => ((snapshot?.instances.findIndex((it) => it.id === id) ?? 0) * 137.5) % 360;
  const isHidden = (line) => line.dataset.text != null && !line.dataset.text.includes(at("log-filter").value.toLowerCase());

  function addLines(batch) {
    const added = batch.filter(([number]) => number > shown && number > cleared).map(([number, id, text]) => {
      shown = number;
      // Colours for a terminal.
      const plain = text.replace(/\u001b\[[0-9;]*m/g, "");
      const line = h("div", {}, h("span", { class: "who", "--hue": hueOf(id) }, id), h("span", {}, plain));
      line.dataset.text = `${id} ${plain}`.toLowerCase();
      line.hidden = isHidden(line);
      return line;
    });
    append(...added);
  }

  function append(...added) {
    if (!added.length) return;
    lines.append(...added);
    while (lines.childElementCount > MAX_LINES) lines.firstElementChild.remove();
    count();
    if (follows) scrollToEnd();
  }

  function count() {
    const all = lines.querySelectorAll("[data-text]").length;
    const hidden = lines.querySelectorAll("[data-text][hidden]").length;
    at("log-count").textContent = hidden ? `${all - hidden} of ${all} lines` : "";
  }

  let lastTop = 0;
  function scrollToEnd() {
    lines.scrollTop = lines.scrollHeight;
    lastTop = lines.scrollTop;
  }

  function setFollows(wanted) {
    follows = wanted;
    at("log-follow").setAttribute("aria-pressed", String(follows));
    if (follows) scrollToEnd();
  }

  const now = () => new Date().toLocaleTimeString([], { hour12: false });
  at("log-follow").addEventListener("click", () => setFollows(!follows));
  at("log-mark").addEventListener("click", () => append(h("div", { class: "marker" }, now())));
  at("log-clear").addEventListener("click", () => {
    cleared = shown;
    lines.replaceChildren();
    append(h("div", { class: "marker" }, `cleared at ${now()}`));
  });
  at("log-filter").addEventListener("input", () => {
    for (const line of lines.children) line.hidden = isHidden(line);
    count();
    if (follows) scrollToEnd();
  });
  lines.addEventListener("scroll", () => {
    const isAtEnd = lines.scrollTop + lines.clientHeight > lines.scrollHeight - 24;
    const isUpwards = lines.scrollTop < lastTop;
    lastTop = lines.scrollTop;
    if (isAtEnd ? !follows : follows && isUpwards) setFollows(isAtEnd);
  });
  new ResizeObserver(() => setFollows(follows)).observe(lines);
  at("log-of").addEventListener("change", listen);

  function renderChoice({ instances }) {
    const option = (value, text) => h("option", { value }, text);
    patch(at("log-of"), option("", "all instances"), instances.map(({ id }) => option(id, id)));
  }

  // === The whole ===

  function show() {
    if (!snapshot) return look();
    const instance = opened();
    at("fleet").hidden = at("instances").hidden = Boolean(instance);
    at("worker").hidden = !instance;
    renderChoice(snapshot);
    // The one that was chosen may be no more.
    if (at("log-of").value !== listensTo) listen();
    if (instance) renderInstance(snapshot, instance);
    else {
      renderFleet(snapshot);
      renderRows(snapshot);
    }
    look();
  }

  // Readers of screens hear what changes, and not each figure.
  function look() {
    const isSilent = renderSilence(at("silence"), "heartbeat run", receivedAt);
    for (const part of ["fleet", "instances", "worker"]) at(part).classList.toggle("stale", isSilent);
    if (!snapshot) return;
    const { service, instances } = snapshot;
    const ready = `${instances.filter(isInRotation).length} of ${instances.length} ready`;
    setIcon(isSilent ? "none" : worst(instances));
    document.title = `${isSilent ? "no answer" : ready}: ${opened()?.id ?? service}`;
    const troubled = instances.filter((it) => it.tone !== "pass").map(({ id, word }) => `${id} ${word}`);
    const told = isSilent ? "heartbeat run does not answer" : [ready, ...troubled].join(", ");
    if (at("news").textContent !== told) at("news").textContent = told;
  }

  let events;
  let listensTo;
  function listen() {
    const of = at("log-of").value;
    if (listensTo !== of) {
      lines.replaceChildren();
      shown = -1;
      count();
    }
    listensTo = of;
    lines.classList.toggle("of-one", of !== "");
    events?.close();
    events = new EventSource(of ? `/events/logs/${encodeURIComponent(of)}` : "/events/logs");
    events.addEventListener("fleet", ({ data }) => {
      const next = JSON.parse(data);
      // Another run has another token, and counts its lines anew.
      if (snapshot && snapshot.pid !== next.pid) return location.reload();
      const isFirst = !snapshot;
      snapshot = next;
      receivedAt = performance.now();
      if (isFirst && opened()) navigate();
      else show();
    });
    events.addEventListener("lines", ({ data }) => addLines(JSON.parse(data)));
    events.addEventListener("lost", ({ data }) => append(h("div", { class: "marker" }, `${data} lines came too fast: see .heartbeat/logs`)));
    // A browser connects again by itself, except after a refusal: that of an instance that is no more.
    events.addEventListener("error", () => {
      if (events.readyState !== EventSource.CLOSED) return;
      at("log-of").value = "";
      setTimeout(listen, 1000);
    });
  }

  let answered;
  function answer(text, isRefused) {
    clearTimeout(answered);
    patch(at("answer"), marked(isRefused ? "fail" : "pass", text));
    answered = setTimeout(() => patch(at("answer")), isRefused ? 15000 : 5000);
  }

  async function act(id, action) {
    if (pending.has(id)) return;
    pending.set(id, action);
    show();
    const path = `/instances/${encodeURIComponent(id)}/${action}`;
    try {
      const response = await fetch(path, { method: "POST", headers: { "x-heartbeat-token": token } });
      answer((await response.text()).trim(), !response.ok);
    } catch {
      answer("heartbeat run does not answer", true);
    }
    pending.delete(id);
    show();
  }

  document.addEventListener("click", ({ target }) => {
    const button = target.closest("button[data-action]");
    if (button) act(button.dataset.id, button.dataset.action);
  });

  function navigate() {
    const instance = opened();
    at("log-of").value = instance?.id ?? "";
    show();
    listen();
    scrollTo(0, 0);
    const shown = at(instance ? "worker" : "fleet");
    shown.setAttribute("aria-label", instance?.id ?? snapshot?.service);
    shown.focus({ preventScroll: true });
  }

  at("log").hidden = false;
  addEventListener("hashchange", navigate);
  listen();
  setInterval(look, 1000);
}
