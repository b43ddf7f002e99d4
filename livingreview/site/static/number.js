"use strict";
// A number opens a card where it stands. Its data are loaded when a reader first points at a number; a number that has
// none, and a browser that cannot place a card beside it, keep the link.
if (CSS.supports("position-area: block-end")) {
  let card, shown, wasShown, pinned, timer, loading;
  const load = () => loading ??= new Promise((done) => {
    const script = document.createElement("script");
    script.onload = script.onerror = done;
    script.src = document.body.dataset.cards;
    document.head.append(script);
  });
  const isOpen = () => card?.matches(":popover-open");
  const make = (name, ...inside) => {
    const made = document.createElement(name);
    made.append(...inside.flat());
    return made;
  };
  const lead = (text, href) => Object.assign(make("a", text), { href });
  const quoted = (text) => text.replace(/[&"<]/g, (sign) => `&#${sign.charCodeAt()};`);
  const copying = (label, text) => Object.assign(make("button", label), { onclick() {
    navigator.clipboard.writeText(text).then(() => this.textContent = "Copied");
  } });
  const list = (parts, between) => parts.flatMap((part, i) => i ? [between, part] : [part]).flat();
  const fill = (link, { kind, facts, how, sources = [], where, read, self, image, rows }) => {
    const text = link.textContent, report = document.querySelector("#lr-error a")?.href;
    // a form has a question for each; a letter that is filled in ends with its body
    const about = /[?&]template=/.test(report) ? `&${new URLSearchParams({ row: link.href, says: text })}`
      : /[?&]body=/.test(report) ? encodeURIComponent(`\nAbout: ${text}, ${link.href}\n`) : "";
    const named = sources.map(([name, href, ...others]) =>
      [lead(name, href), ...(others.length ? [" (", ...list(others.map((other) => lead(...other)), ", "), ")"] : [])]);
    const more = named.length > 3 ? `; ${named.length - 3} more` : "";
    const found = [where && `In the source: ${where}.`, read && `We read: ${read}.`].filter(Boolean).join(" ");
    const own = self && navigator.clipboard && new URL(self, location).href;
    const drawn = own && image && new URL(image.replace(/^(\.\.\/)?/, "../"), own).href;
    const alt = quoted([text, ...facts ?? []].join(" · "));
    const places = list([lead("Evidence", link.href), self && lead("Permanent link", self), own && copying("Copy it", own),
      image && lead("As an image", image),
      drawn && copying("Copy code to show it elsewhere", `<a href="${quoted(own)}"><img src="${drawn}" alt="${alt}"></a>`),
      report && lead("Something wrong?", report + about)].filter(Boolean), " · ");
    card.ariaLabel = text;
    card.replaceChildren(...[
      [text, kind && make("span", ` ${kind}`)],
      facts && [facts.join(" · ")],
      how && [how, "."],
      named.length && ["Source: ", ...list(named.slice(0, 3), "; "), more],
      places,
      found && [found],
      rows && ["Computed from ", ...list(rows.map(([label, href]) => lead(label, href)), " · ")],
    ].filter(Boolean).map((parts, i) => make(parts === places ? "div" : i ? "p" : "h2", ...parts.filter(Boolean))));
  };
  const open = async (link, pin) => {
    await load();
    if (!pin && !link.matches(":hover")) return;
    const data = typeof CARDS !== "undefined" && CARDS[`${link.getAttribute("href")} ${link.textContent}`];
    if (!data) return pin && location.assign(link.href);
    if (!card) {
      card = document.body.appendChild(make("div"));
      Object.assign(card, { id: "lr-card", popover: "auto", role: "dialog", tabIndex: -1 });
      card.addEventListener("pointerenter", () => clearTimeout(timer));
      card.addEventListener("pointerleave", leave);
    }
    if (isOpen()) card.hidePopover();
    fill(link, data);
    shown = link;
    pinned = pin;
    // Escape returns to it, after a touch as well
    if (pin) link.focus({ preventScroll: true });
    card.showPopover({ source: link });
    card.scrollTop = 0;
    if (pin) card.focus({ preventScroll: true });
  };
  const leave = () => {
    clearTimeout(timer);
    timer = setTimeout(() => pinned || isOpen() && card.hidePopover(), 300);
  };
  const on = (type, act) => document.addEventListener(type, (event) => {
    const link = event.target.closest?.("a.n");
    if (link) act(link, event);
  });
  // What the title says is in the card; a second box would lie over it.
  const describe = (link) => {
    if (!link.title) return;
    link.setAttribute("aria-description", link.title);
    link.removeAttribute("title");
  };
  on("focusin", describe);
  on("pointerover", (link, event) => {
    describe(link);
    if (event.pointerType !== "mouse") return;
    clearTimeout(timer);
    if (!(isOpen() && (pinned || shown === link))) timer = setTimeout(open, 300, link, false);
  });
  on("pointerout", leave);
  on("pointerdown", (link) => {
    clearTimeout(timer);
    wasShown = isOpen() && pinned && shown === link;
    load();
  });
  on("click", (link, event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    if (!(wasShown && event.detail)) open(link, true);
    wasShown = false;
  });
}
