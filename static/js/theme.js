// Runs before the first paint, so that a remembered theme does not flash.
(() => {
  document.documentElement.classList.add("has-script");
  const remembered = localStorage.getItem("attest-theme");
  if (remembered === "light" || remembered === "dark") document.documentElement.dataset.theme = remembered;
})();
