// Asking: the box grows and sends, a running answer streams in, and the finished one takes its place.
(() => {
  const MARKER = /\[(\d{1,3})\]/;

  // The box ------------------------------------------------------------------
  const box = document.getElementById("question");
  const composer = document.getElementById("composer");

  function grow() {
    if (CSS.supports("field-sizing", "content")) return;
    box.style.height = "auto";
    box.style.height = `${box.scrollHeight}px`;
  }
  box.addEventListener("input", grow);

  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      if (box.value.trim()) composer.requestSubmit();
    }
  });

  // Esc stops the answer that is being written, unless it closes something that is open; else it leaves the box.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open], details.menu[open]")) return;
    const stop = [...document.querySelectorAll("form.stop")].pop();
    if (stop) stop.requestSubmit();
    else if (event.target === box) box.blur();
  });

  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form.stop")) return;
    event.target.querySelector("button").disabled = true;
    event.target.querySelector("[data-stop-label]").textContent = "Stopping";
  });

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt.id === "composer") document.getElementById("ask-error").textContent = "";
  });

  document.addEventListener("htmx:afterRequest", (event) => {
    const asked = event.detail.requestConfig?.path === composer.getAttribute("action");
    if (!asked || !event.detail.successful) return;
    if (event.detail.elt.id === "composer" && event.detail.target.id === "turns") box.value = "";
    box.placeholder = "Ask a follow-up";
    if (event.detail.elt.matches("[data-clears-filters]")) clearFilters();
    grow();
    document.querySelector(".turn:last-child")?.scrollIntoView({ block: "start", behavior: motion() });
  });

  const motion = () => (matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth");

  // A running answer ---------------------------------------------------------
  function draw(place, text) {
    place.replaceChildren(
      ...text.split(MARKER).map((part, position) => {
        if (position % 2 === 0) return document.createTextNode(part);
        const chip = document.createElement("span");
        chip.className = "chip chip-provisional";
        chip.textContent = part;
        return chip;
      }),
    );
  }

  function stream(answer) {
    if (answer.dataset.streaming) return;
    answer.dataset.streaming = "yes";
    const step = answer.querySelector("[data-step]");
    const draft = answer.querySelector("[data-draft]");
    const source = new EventSource(answer.dataset.stream);
    let text = "";
    let drawing = 0;
    let heard = false;

    const redraw = () => {
      cancelAnimationFrame(drawing);
      drawing = requestAnimationFrame(() => draw(draft, text));
    };
    const finish = () => {
      source.close();
      cancelAnimationFrame(drawing);
      if (!answer.isConnected) return;
      const swapped = htmx.ajax("GET", answer.dataset.final, { target: answer, swap: "outerHTML", source: answer });
      // Where the server could not answer, it is asked again until it can.
      swapped.catch(() => {}).then(() => answer.isConnected && setTimeout(finish, 5000));
    };

    source.addEventListener("step", (event) => {
      heard = true;
      step.textContent = JSON.parse(event.data).label;
    });
    source.addEventListener("token", (event) => {
      text += JSON.parse(event.data).text;
      redraw();
    });
    source.addEventListener("restart", () => {
      text = "";
      redraw();
    });
    source.addEventListener("done", finish);
    // The database stayed away for too long: what was written is unchecked, so it goes, and a sentence says why.
    source.addEventListener("away", (event) => {
      source.close();
      text = "";
      redraw();
      step.textContent = JSON.parse(event.data).message;
      setTimeout(finish, 5000);
    });
    // A broken stream, or an answer that is being made elsewhere: from here on its part is polled.
    source.addEventListener("error", () => {
      finish();
      if (!heard) setTimeout(() => begin(answer.dataset.stream), 1000);
    });
  }

  // If the first request never arrived, nobody makes the answer yet. Making it goes on without a listener;
  // where it is being made already, the server says so and nothing happens.
  async function begin(address) {
    try {
      await (await fetch(address)).body?.cancel();
    } catch {
      setTimeout(() => begin(address), 5000);
    }
  }

  function start(place) {
    for (const answer of place.querySelectorAll("[data-stream]")) stream(answer);
    if (place.matches?.("[data-stream]")) stream(place);
  }

  document.addEventListener("htmx:load", (event) => {
    start(event.detail.elt);
    event.detail.elt.querySelector?.(".reasons")?.scrollIntoView({ block: "nearest", behavior: motion() });
    if (event.detail.elt.id === "sidebar") foldOnPhone();
  });
  document.addEventListener("DOMContentLoaded", () => start(document));
  if (document.readyState !== "loading") start(document);

  // What is heard of an answer: the step it is at, and one sentence when it is there; never its words one by one.
  const live = document.getElementById("live");
  document.addEventListener("htmx:load", (event) => {
    const answer = event.detail.elt;
    if (!answer.matches?.(".answer[data-fresh]")) return;
    live.textContent = "";
    const head = [...answer.querySelectorAll(".answer-head > :is(strong, span:not(.took))")];
    setTimeout(() => (live.textContent = `${head.map((part) => part.textContent.trim()).join(", ")}.`), 100);
  });

  // Filters: one chip for each that is in use, made anew whenever one changes. ------
  const filters = document.querySelector("[data-filters]");

  function chip(text, name, value) {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "filter-chip";
    button.dataset.unfilter = value;
    button.setAttribute("aria-label", `Remove the filter ${name}`);
    button.append(text, filters.querySelector("[data-filter-cross]").content.cloneNode(true));
    item.append(button);
    return item;
  }

  function showFilters() {
    const since = filters.querySelector("[data-filter-since]");
    const day = since.value && new Date(`${since.value}T12:00:00Z`);
    const written = day && day.toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
    const chosen = [...filters.querySelectorAll("[data-filter]:checked")];
    filters.querySelector("[data-filter-chips]").replaceChildren(
      ...chosen.map((box) => chip(box.dataset.filter, box.dataset.filter, box.value)),
      ...(day ? [chip(`since ${written}`, "for the day of change", "since")] : []),
    );
  }

  function clearFilters() {
    for (const box of filters.querySelectorAll("[data-filter]:checked")) box.checked = false;
    filters.querySelector("[data-filter-since]").value = "";
    showFilters();
  }

  function unfilter(value) {
    if (value === "since") filters.querySelector("[data-filter-since]").value = "";
    else filters.querySelector(`[data-filter][value="${value}"]`).checked = false;
    showFilters();
    filters.querySelector("summary").focus();
  }

  filters?.addEventListener("change", showFilters);
  filters?.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.dataset.unfilter) unfilter(button.dataset.unfilter);
    if (button?.matches("[data-filters-clear]")) clearFilters();
    if (button?.matches("[data-filters-close]")) {
      filters.querySelector("details").open = false;
      box.focus();
    }
  });

  // Copying an answer: its words and where each comes from, without the cards. -----
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy-answer]");
    if (!button) return;
    const words = document.getElementById(button.dataset.copyAnswer).cloneNode(true);
    for (const extra of words.querySelectorAll(".source-card, .said-mark, .said-words")) extra.remove();
    for (const chip of words.querySelectorAll("a.chip")) chip.replaceWith(`[${chip.textContent}]`);
    for (const end of words.querySelectorAll("p, li")) end.append("\n");
    for (const breaks of words.querySelectorAll("br")) breaks.replaceWith("\n");
    const sources = [...button.closest(".answer").querySelectorAll(".source-item")].map((item) => {
      const link = item.querySelector("a");
      return `[${item.querySelector(".chip").textContent}] ${link.lastChild.textContent.trim()} ${link.href}`;
    });
    attest.copy([words.textContent.trim(), ...(sources.length ? ["", ...sources] : [])].join("\n"));
  });

  // On a phone the list of conversations starts folded.
  function foldOnPhone() {
    if (matchMedia("(max-width: 56rem)").matches) document.querySelector(".sidebar-fold").open = false;
  }
  foldOnPhone();
})();
