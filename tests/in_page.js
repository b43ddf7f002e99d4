// What the tests of the built pages do in the browser.

// What a reader may open is open, rows lie as they do when they are in sight, and of what is built alike on a page two remain: axe takes half a minute for the
// whole of a long page, and says the same. A label and its fact stay together.
const openAll = () => {
  document.documentElement.classList.remove("unpainted");
  for (const fold of document.querySelectorAll("details")) fold.open = true;
  for (const rows of document.querySelectorAll(".lr-group, .lr-rows > li")) rows.style.contentVisibility = "visible";
  const seen = {}, kind = ({ localName, attributes }) =>
    localName + [...attributes].map(({ name, value }) => /^(class|role)$/.test(name) ? value : name);
  const built = (element) => [...new Set([element, ...element.querySelectorAll("*")].map(kind))];
  for (const element of document.querySelectorAll("main :is(tr, li, p, svg :not(title, desc))")) {
    const key = [element.parentElement.localName, ...built(element)].join();
    if ((seen[key] = (seen[key] ?? 0) + 1) > 2) element.remove();
  }
};

// Menus that a narrow window hides until somebody asks for them.
const hiddenMenus = () => [...document.querySelectorAll(".menu")].filter((menu) => !menu.checkVisibility()).map(({ id }) => id);

// What axe finds in a part of the page with every rule, also those that are experimental or best practice; when told
// so, with those on colours alone, or without them.
const axeFinds = async (part, colours) => {
  const rules = axe.getRules().filter(({ tags }) => colours === undefined || tags.includes("cat.color") === colours);
  const runOnly = { type: "rule", values: rules.map(({ ruleId }) => ruleId) };
  const { violations } = await axe.run(part, { runOnly, resultTypes: ["violations"] });
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 200)}: ${node.failureSummary}`));
};

// How much wider the page is than its window.
// Tables that are cut at an edge, P values and the like that a line break divides, figures that leave room in their column
const cut = () => [
  ...[...document.querySelectorAll("main table")]
    .filter((table) => table.parentElement.scrollWidth > table.parentElement.clientWidth)
    .map((table) => `cut: ${table.caption?.textContent}`),
  ...[...document.querySelectorAll(".k")].filter((word) => word.getClientRects().length > 1)
    .map((word) => `divided: ${word.textContent}`),
  ...[...document.querySelectorAll(".lr-fluid")]
    .filter((svg) => svg.getBoundingClientRect().width < Math.min(640, svg.closest("figure").clientWidth) - 1)
    .map((svg) => `narrow: ${svg.textContent}`),
];
const overflow = () => document.documentElement.scrollWidth - document.documentElement.clientWidth;

// Where the focus is, and whether it can be seen there.
const focused = () => {
  const at = document.activeElement, box = at.getBoundingClientRect(), style = getComputedStyle(at);
  const seen = box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  return { name: at.tagName, text: at.textContent.trim().slice(0, 40), seen, ring: `${style.outlineStyle} ${style.outlineWidth}` };
};

// Contrast of two colours (WCAG 2, 1.4.3 and 1.4.11).
const contrast = ([one, other]) => {
  const brush = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const light = (colour) => {
    brush.fillStyle = colour;
    brush.fillRect(0, 0, 1, 1);
    const linear = (c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    const [r, g, b] = [...brush.getImageData(0, 0, 1, 1).data].map((c) => linear(c / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
};

// Contrast of two of the variables that hold the colours of a page.
const contrastOf = (names) => contrast(names.map((name) => getComputedStyle(document.body).getPropertyValue(`--${name}`).trim()));

// What is drawn in figures, each with its contrast against the page, but for the tints that only fill what has a frame.
const drawn = () => {
  const page = getComputedStyle(document.body).backgroundColor, known = new Map();
  const ratio = (ink) => known.get(ink) ?? known.set(ink, contrast([ink, page])).get(ink);
  return [...document.querySelectorAll("figure svg :is(text, path)")].flatMap((shape) => {
    const { fill, stroke, opacity, fillOpacity, strokeOpacity } = getComputedStyle(shape), isText = shape.localName === "text";
    if ([opacity, fillOpacity, strokeOpacity].some((share) => share < 1)) return [];
    const inks = [fill, ...(isText ? [] : [stroke])].filter((ink) => ink !== "none");
    return [[`${shape.localName} in ${inks}`, Math.max(...inks.map(ratio)), isText ? 7 : 3]];
  });
};

// Elements that move, or would when they change.
const moving = () => [...document.querySelectorAll("*")].filter((element) => {
  const { transitionDuration, scrollBehavior } = getComputedStyle(element);
  return parseFloat(transitionDuration) > 0 || scrollBehavior === "smooth";
}).length + document.getAnimations().length;
