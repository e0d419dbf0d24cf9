// What every page does: theme, menus, dialogs, copying, the "/" key, and a session that has ended.
(() => {
  const root = document.documentElement;

  function toggleTheme() {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    localStorage.setItem("attest-theme", root.dataset.theme);
  }

  let toastTimer;
  function toast(text) {
    const box = document.getElementById("toast");
    box.textContent = text;
    box.hidden = false;
    clearTimeout(toastTimer);
    toastTimer = setTimeout(() => (box.hidden = true), 2200);
  }

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      toast("Copied");
    } catch {
      toast("Copying is not allowed here; select the text instead");
    }
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-theme-toggle]")) toggleTheme();
    const copier = event.target.closest("[data-copy]");
    if (copier) copy(document.getElementById(copier.dataset.copy).textContent.trim());
    if (event.target.closest("#dialog [data-close]")) {
      event.preventDefault();
      document.getElementById("dialog").close();
    }
    if (event.target.id === "dialog") event.target.close();
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      for (const menu of document.querySelectorAll("details.menu[open]")) {
        menu.open = false;
        menu.querySelector("summary").focus();
      }
    }
    const typing = event.target.closest("input, textarea, select, [contenteditable], dialog[open]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const box = document.querySelector("[data-slash-focus]");
      if (box) {
        event.preventDefault();
        box.focus();
      }
    }
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id === "dialog" && !event.detail.target.open) event.detail.target.showModal();
  });

  // What is sent from a dialog changes a part of the page behind it, and the dialog has done its work.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const dialog = document.getElementById("dialog");
    const isFromDialog = dialog.contains(event.detail.requestConfig?.elt ?? null);
    if (dialog.open && isFromDialog && event.detail.shouldSwap && event.detail.target !== dialog) dialog.close();
  });

  // A request that ended at the sign-in page means that the session is over: show that page, not a part of it.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (new URL(event.detail.xhr.responseURL || location.href, location.href).pathname.startsWith("/accounts/login")) {
      event.detail.shouldSwap = false;
      location.reload();
    }
  });

  document.addEventListener("htmx:sendError", () => toast("No connection to the server"));
  document.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    if (status === 503) toast("A service that this needs cannot be reached at the moment; try again in a few seconds");
    else if (status >= 500) toast("Something broke on our side; try again");
  });

  window.attest = { toast, copy };
})();
