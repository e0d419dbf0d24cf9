// Uploads: files are chosen or dropped, sent two at a time, each with its own progress and its own state afterwards.
(() => {
  const AT_ONCE = 2;
  const form = document.getElementById("upload");
  if (!form) return;
  const picker = document.getElementById("upload-file");
  const list = document.getElementById("uploads");
  const waiting = [];
  let sending = 0;

  function row(name) {
    const item = document.createElement("li");
    item.className = "upload";
    const label = document.createElement("span");
    label.className = "upload-name break";
    label.textContent = name;
    const bar = document.createElement("progress");
    bar.max = 100;
    bar.value = 0;
    bar.setAttribute("aria-label", `Sending ${name}`);
    item.append(label, bar);
    list.prepend(item);
    return { item, bar };
  }

  function failed(item, name, message) {
    const badge = document.createElement("span");
    badge.className = "badge badge-bad";
    badge.textContent = "Not sent";
    const words = document.createElement("span");
    words.className = "upload-message";
    words.textContent = message;
    item.replaceChildren(item.firstChild, badge, words);
  }

  function send({ file, item, bar }) {
    const body = new FormData();
    body.append("file", file);
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("X-CSRFToken", form.querySelector("[name=csrfmiddlewaretoken]").value);
    request.setRequestHeader("HX-Request", "true");
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) bar.value = (100 * event.loaded) / event.total;
    });
    request.addEventListener("loadend", () => {
      if (request.status === 200) {
        const holder = document.createElement("template");
        holder.innerHTML = request.responseText;
        const done = holder.content.firstElementChild;
        item.replaceWith(done);
        htmx.process(done);
      } else if (request.status === 422) failed(item, file.name, request.responseText);
      else if (request.status === 413) failed(item, file.name, "The file is too large for this server.");
      else failed(item, file.name, "The connection broke; choose the file again.");
      sending -= 1;
      next();
      if (!sending && !waiting.length) refreshStatus();
    });
    request.send(body);
  }

  function next() {
    while (sending < AT_ONCE && waiting.length) {
      sending += 1;
      send(waiting.shift());
    }
  }

  function take(files) {
    for (const file of files) waiting.push({ file, ...row(file.name) });
    next();
  }

  const status = document.querySelector("[data-state-url]");
  function refreshStatus() {
    htmx.ajax("GET", status.dataset.stateUrl, { target: "#source-status", swap: "outerHTML" });
  }

  picker.addEventListener("change", () => {
    take([...picker.files]);
    picker.value = "";
  });
  for (const kind of ["dragenter", "dragover"]) {
    form.addEventListener(kind, (event) => {
      event.preventDefault();
      form.classList.add("is-over");
    });
  }
  for (const kind of ["dragleave", "drop"]) {
    form.addEventListener(kind, (event) => {
      event.preventDefault();
      if (kind === "drop" || !form.contains(event.relatedTarget)) form.classList.remove("is-over");
    });
  }
  form.addEventListener("drop", (event) => take([...event.dataTransfer.files]));
  form.addEventListener("submit", (event) => event.preventDefault());
})();
