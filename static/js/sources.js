// Source pages: picking rows of a list, keys of several lines, and telling a screen reader of progress.
(() => {
  const boxes = (form) => [...form.querySelectorAll("tbody input[type=checkbox]")];

  function count(form) {
    const all = boxes(form);
    const picked = all.filter((box) => box.checked).length;
    const master = form.querySelector("[data-select-all]");
    if (master) {
      master.checked = picked > 0 && picked === all.length;
      master.indeterminate = picked > 0 && picked < all.length;
    }
    for (const button of form.querySelectorAll("[data-needs-selection]")) {
      button.disabled = picked === 0;
      button.querySelector("[data-picked]").textContent = picked ? ` (${picked})` : "";
    }
  }

  const countAll = () => document.querySelectorAll("form[data-selection]").forEach(count);

  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-selection]");
    if (!form) return;
    if (event.target.matches("[data-select-all]")) {
      for (const box of boxes(form)) box.checked = event.target.checked;
    }
    count(form);
  });

  // A password field would join the lines of a pasted key, so it becomes a field that keeps them.
  document.addEventListener("paste", (event) => {
    const field = event.target;
    const text = event.clipboardData?.getData("text") ?? "";
    if (!field.matches?.("input[type=password]") || !text.trim().includes("\n")) return;
    event.preventDefault();
    const area = document.createElement("textarea");
    for (const name of ["name", "id", "aria-describedby", "aria-invalid"]) {
      if (field.hasAttribute(name)) area.setAttribute(name, field.getAttribute(name));
    }
    area.className = "masked";
    area.rows = 3;
    area.autocomplete = "off";
    area.spellcheck = false;
    area.value = text;
    field.replaceWith(area);
    area.focus();
  });

  // Words are told once, when they change; the part that is refreshed every second says nothing.
  function tell() {
    const region = document.getElementById("source-live");
    const status = document.getElementById("source-status");
    if (region && status && region.textContent !== status.dataset.words) region.textContent = status.dataset.words;
  }

  document.addEventListener("htmx:afterSettle", () => {
    countAll();
    tell();
  });
  document.addEventListener("DOMContentLoaded", countAll);
})();
