"use strict";
function renderWorker(element, report, receivedAt) {
  element.textContent = report.status;
}
