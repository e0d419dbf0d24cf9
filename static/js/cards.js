// Cards of citations and bubbles of checked sentences: opened by hovering, focusing or tapping, kept inside the
// window, closed by Esc. A citation within a sentence comes before the sentence.
(() => {
  let open = null;
  let at = null;
  let closing = 0;

  const flyoutOf = (part) => part.querySelector(part.matches(".cite") ? ".source-card" : ":scope > .said-words");

  // What the flyout belongs to: the chip, or the line of the sentence that the pointer is on.
  function anchorOf(part) {
    if (part.matches(".cite")) return part.querySelector("[data-chip]").getBoundingClientRect();
    const mark = part.querySelector("[data-said-mark]");
    if (!at && mark) return mark.getBoundingClientRect();
    const lines = [...part.querySelector(".said-text").getClientRects()];
    return lines.find((line) => at && at.y >= line.top - 2 && at.y <= line.bottom + 2) ?? lines.at(-1);
  }

  function place(part) {
    const flyout = flyoutOf(part);
    flyout.classList.add("is-placed");
    const anchor = anchorOf(part);
    const middle = part.matches(".said") && at ? at.x : anchor.left + anchor.width / 2;
    const size = flyout.getBoundingClientRect();
    const left = Math.min(Math.max(8, middle - size.width / 2), innerWidth - size.width - 8);
    const below = anchor.bottom + 6;
    const above = anchor.top - size.height - 6;
    flyout.style.left = `${left}px`;
    flyout.style.top = `${below + size.height > innerHeight - 8 && above > 8 ? above : below}px`;
  }

  function show(part, point = null) {
    clearTimeout(closing);
    if (open === part) return;
    hide();
    open = part;
    at = point;
    part.classList.add("is-open");
    place(part);
  }

  function hide() {
    clearTimeout(closing);
    if (open) open.classList.remove("is-open");
    open = null;
    at = null;
  }

  const hideSoon = () => {
    clearTimeout(closing);
    closing = setTimeout(hide, 180);
  };

  const partAt = (element) => element.closest(".cite") ?? element.closest(".said");

  document.addEventListener("pointerover", (event) => {
    if (event.pointerType !== "mouse") return;
    const part = partAt(event.target);
    if (part) show(part, { x: event.clientX, y: event.clientY });
    else if (open && !open.contains(document.activeElement)) hideSoon();
  });

  document.addEventListener("focusin", (event) => {
    const part = partAt(event.target);
    if (part && event.target.matches("[data-chip]:focus-visible, [data-said-mark]:focus-visible")) show(part);
    else if (!part) hide();
  });

  // Without a pointer that hovers, the first tap opens the card and its link opens the document.
  document.addEventListener("click", (event) => {
    const part = partAt(event.target);
    if (event.target.closest(".source-card")) return;
    if (!part) {
      hide();
      return;
    }
    const wasOpen = open === part;
    if (!event.target.closest("[data-chip]")) {
      const isMark = event.target.closest("[data-said-mark]");
      show(part, isMark ? null : { x: event.clientX, y: event.clientY });
    } else if (matchMedia("(hover: none)").matches && !wasOpen) {
      event.preventDefault();
      show(part);
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !open) return;
    event.preventDefault();
    hide();
  });
  addEventListener("scroll", () => open && (at ? hide() : place(open)), { passive: true });
  addEventListener("resize", hide);
})();
