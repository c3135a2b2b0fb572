// === The page of one worker ===

const worker = document.getElementById("worker");
const silence = document.getElementById("silence");
const news = document.getElementById("news");
let report;
let receivedAt = performance.now();

function show(json) {
  const next = JSON.parse(json);
  // Another version of the worker may have another page.
  if (report && report.version !== next.version) return location.reload();
  report = next;
  receivedAt = performance.now();
  renderWorker(worker, report);
  look();
}

// Readers of screens hear what changes, and not each report.
function look() {
  const role = report?.role ?? "the worker";
  const isSilent = renderSilence(silence, role, receivedAt, report?.state);
  worker.classList.toggle("stale", isSilent);
  setIcon(isSilent || !report ? "none" : toneOfReport(report));
  if (!report && !isSilent) return;
  const word = isSilent ? "no answer" : report.status;
  document.title = `${word}: ${role}`;
  const reasons = report ? reasonsOf(report).map(({ reason }) => reason.replace("_", " ")) : [];
  const told = isSilent
    ? `${role} does not answer`
    : `${role}: ${report.state}, ${[word, ...new Set(reasons)].join(", ")}`;
  if (news.textContent !== told) news.textContent = told;
}

// A browser connects again by itself, except after a refusal: then the page asks, less often.
function listen() {
  const events = new EventSource("events");
  events.onmessage = (event) => show(event.data);
  events.onerror = async () => {
    if (events.readyState !== EventSource.CLOSED) return;
    setTimeout(listen, 2000);
    const response = await fetch("health", { headers: { accept: "application/json" } }).catch(
      () => null,
    );
    const json = await response?.text().catch(() => "");
    if (json?.includes('"heartbeats"')) show(json);
  };
}

patch(worker, h("p", { class: "quiet" }, "Waiting for the worker…"));
listen();
setInterval(look, 1000);
