const source = new EventSource("/events");
source.onmessage = (event) => renderWorker(document.getElementById("worker"), JSON.parse(event.data), performance.now());
