// Grading by keyboard: a number chooses a level, j and k move, e opens what went wrong, Enter saves, s skips, f flags,
// u undoes, ? shows the keys. Everything is a plain form that works without this.
(() => {
  const rubric = document.querySelector("[data-rubric]");
  const undo = document.querySelector("[data-review-undo]");
  const keys = document.getElementById("review-keys");
  const criteria = rubric ? [...rubric.querySelectorAll("[data-criterion]")] : [];
  const more = rubric?.querySelector("[data-more]");
  let at = 0;

  function mark(place, scroll = true) {
    at = Math.min(Math.max(place, 0), criteria.length - 1);
    criteria.forEach((each, index) => each.classList.toggle("is-marked", index === at));
    if (scroll) criteria[at]?.scrollIntoView({ block: "nearest" });
  }

  const chosenIn = (criterion) => criterion.querySelector("input:checked");
  const isWorse = (criterion) => {
    const chosen = chosenIn(criterion);
    return chosen !== null && chosen !== criterion.querySelector("input");
  };

  function choose(value) {
    const level = criteria[at]?.querySelector(`input[value="${value}"]`);
    if (!level) return;
    level.checked = true;
    level.dispatchEvent(new Event("change", { bubbles: true }));
    mark(at + 1);
  }

  // Saving comes to the first question without a level instead of asking the server.
  function save() {
    const missing = criteria.findIndex((each) => !chosenIn(each));
    if (missing < 0) return rubric.requestSubmit();
    mark(missing);
    window.attest.toast("Choose a level for each question first");
  }

  function setAside(kind) {
    for (const aside of document.querySelectorAll("[data-aside]")) aside.open = aside.dataset.aside === kind;
    const open = document.querySelector("[data-aside][open]");
    open?.scrollIntoView({ block: "nearest" });
    open?.querySelector("input[type=radio]").focus();
  }

  function openMore() {
    more.open = true;
    more.querySelector("input, select, textarea").focus();
  }

  const acts = {
    j: () => mark(at + 1),
    k: () => mark(at - 1),
    e: openMore,
    s: () => setAside("skip"),
    f: () => setAside("flag"),
    "?": () => keys.showModal(),
  };

  // Within the reasons of a skip or flag a number chooses one of them.
  function chooseReason(form, value) {
    const reasons = [...form.querySelectorAll("input[type=radio]")];
    const reason = reasons[Number(value) - 1];
    if (!reason) return;
    reason.checked = true;
    reason.focus();
  }

  function pressed(event) {
    const reasons = event.target.closest(".aside-form");
    if (reasons && event.target.matches("input[type=radio]") && /^[1-9]$/.test(event.key)) {
      return chooseReason(reasons, event.key);
    }
    if (reasons) return undefined;
    if (/^[0-9]$/.test(event.key)) return choose(event.key);
    if (event.key === "Enter" && !event.target.closest("a, button, summary")) return save();
    return acts[event.key]?.();
  }

  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.metaKey || document.querySelector("dialog[open]")) return;
    const typing = event.target.closest("textarea, select, input[type=text], input[type=search]");
    if (event.key === "Escape") {
      if (event.target.closest("[data-rubric], .aside-form")) event.target.blur();
      for (const aside of document.querySelectorAll("[data-aside][open]")) aside.open = false;
      return;
    }
    if (rubric && event.ctrlKey && event.key === "Enter" && rubric.contains(event.target)) {
      event.preventDefault();
      save();
      return;
    }
    if (typing || event.ctrlKey) return;
    if (event.key === "u" && undo) {
      event.preventDefault();
      undo.requestSubmit();
      return;
    }
    const isOurs = /^[0-9]$/.test(event.key) || event.key in acts || event.key === "Enter";
    const isOwn = event.target.closest(".aside-form") || (event.key === "Enter" && event.target.closest("a, button, summary"));
    if (rubric && isOurs) {
      if (!isOwn) event.preventDefault();
      pressed(event);
    } else if (event.key === "Enter" && !event.target.closest("a, button, summary")) {
      document.querySelector("[data-review-start]")?.click();
    }
  });

  if (!rubric) return;
  rubric.addEventListener("change", (event) => {
    const criterion = event.target.closest("[data-criterion]");
    if (!criterion) return;
    at = criteria.indexOf(criterion);
    mark(at);
    if (isWorse(criterion)) more.open = true;
  });
  rubric.addEventListener("focusin", (event) => {
    const criterion = event.target.closest("[data-criterion]");
    if (criterion) mark(criteria.indexOf(criterion));
  });
  document.querySelector("[data-review-help]")?.addEventListener("click", () => keys.showModal());
  mark(Math.max(0, criteria.findIndex((each) => !chosenIn(each))), false);
})();
