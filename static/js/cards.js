// Cards of citations: opened by hovering, focusing or tapping a chip, kept inside the window, closed by Esc.
(() => {
  let open = null;
  let closing = 0;

  function place(cite) {
    const card = cite.querySelector(".source-card");
    card.classList.add("is-placed");
    const chip = cite.querySelector("[data-chip]").getBoundingClientRect();
    const size = card.getBoundingClientRect();
    const left = Math.min(Math.max(8, chip.left + chip.width / 2 - size.width / 2), innerWidth - size.width - 8);
    const below = chip.bottom + 6;
    const above = chip.top - size.height - 6;
    card.style.left = `${left}px`;
    card.style.top = `${below + size.height > innerHeight - 8 && above > 8 ? above : below}px`;
  }

  function show(cite) {
    clearTimeout(closing);
    if (open === cite) return;
    hide();
    open = cite;
    cite.classList.add("is-open");
    place(cite);
  }

  function hide() {
    clearTimeout(closing);
    if (open) open.classList.remove("is-open");
    open = null;
  }

  const hideSoon = () => {
    clearTimeout(closing);
    closing = setTimeout(hide, 180);
  };

  document.addEventListener("pointerover", (event) => {
    if (event.pointerType !== "mouse") return;
    const cite = event.target.closest(".cite");
    if (cite) show(cite);
    else if (open && !open.contains(document.activeElement)) hideSoon();
  });

  document.addEventListener("focusin", (event) => {
    const cite = event.target.closest(".cite");
    if (cite && event.target.matches("[data-chip]:focus-visible")) show(cite);
    else if (!cite) hide();
  });

  // Without a pointer that hovers, the first tap opens the card and its link opens the document.
  document.addEventListener("click", (event) => {
    const chip = event.target.closest("[data-chip]");
    if (!chip) {
      if (!event.target.closest(".source-card")) hide();
      return;
    }
    if (matchMedia("(hover: none)").matches && open !== chip.closest(".cite")) {
      event.preventDefault();
      show(chip.closest(".cite"));
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && open) hide();
  });
  addEventListener("scroll", () => open && place(open), { passive: true });
  addEventListener("resize", hide);
})();
