"use strict";
// ENTRIES is added at build: [kind, title, where, address, text], and SYNONYMS: [words of readers, words of the book].
// An entry is found when each word that is asked for begins a word of it; accents and case do not count, nor do small
// words beside others. Nothing leaves the reader's machine.
document.addEventListener("DOMContentLoaded", () => {
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const asked = (new URLSearchParams(location.search).get("q") ?? "").trim();
  const small = /^(?:a|an|and|any|are|do|does|for|how|in|is|it|of|on|or|the|there|to|was|were|what|which|with)$/;
  const read = (text) => {
    const all = plain(text).match(/\p{N}+(?:[.,]\p{N}+)*|[\p{L}\p{N}]+/gu) ?? [], large = all.filter((word) => !small.test(word));
    return large.length ? large : all;
  };
  const words = read(asked);
  // Chinese has no blanks: there a word may begin anywhere.
  const begins = (word) =>
    new RegExp(`${/^\p{Script=Han}/u.test(word) ? "" : "(?<![\\p{L}\\p{N}])"}${word.replaceAll(".", "\\.")}`, "u");
  const entries = ENTRIES.map((entry) => [...entry, plain(entry[1]), plain(`${entry[0]} ${entry[2]} ${entry[4]}`)]);

  const find = (words) => {
    const found = [], starts = words.map(begins);
    for (const [kind, title, where, address, text, inTitle, inText] of entries) {
      let points = inTitle === words.join(" ") ? 9 : 0;
      // the title of a row of the evidence is a list of facts
      const most = kind === "Evidence" ? 1 : 4;
      for (const start of starts) points += start.test(inTitle) ? most : start.test(inText) ? 1 : NaN;
      if (points) found.push({ kind, title, where, address, text, points, words });
    }
    return found.sort((a, b) => b.points - a.points);
  };
  // What is asked for, with words of the book in the place of words of readers, in the singular or the plural.
  const alike = (words) => SYNONYMS.flatMap(([theirs, ours]) => {
    const parts = read(theirs), same = (part, word) => word === part || word === `${part}s`;
    const at = words.findIndex((_, i) => parts.every((part, j) => same(part, words[i + j])));
    return at < 0 ? [] : [{ ours, words: [...words.slice(0, at), ...read(ours), ...words.slice(at + parts.length)] }];
  });

  const element = (name, text, around) => {
    const made = document.createElement(name);
    made.textContent = text;
    return around.appendChild(made);
  };
  // The part of a text around the first word that is found there; as long in plain letters, but for what has no accent.
  const around = (text, words) => {
    const at = Math.max(0, Math.min(...words.map((word) => plain(text).search(begins(word))).filter((at) => at >= 0), text.length));
    const from = at > 80 ? text.lastIndexOf(" ", at - 60) + 1 : 0;
    return (from ? "… " : "") + text.slice(from, from + 200) + (from + 200 < text.length ? " …" : "");
  };

  const box = document.querySelector("main input"), said = document.getElementById("found"), list = document.getElementById("found-list");
  box.value = asked;
  if (!asked) return;
  let found = words.length ? find(words) : [], how = "";
  const known = new Set(found.map(({ address }) => address)), others = [];
  for (const { ours, words: theirs } of words.length ? alike(words) : []) {
    const more = find(theirs).filter(({ address }) => !known.has(address));
    if (more.length) others.push(ours);
    for (const entry of more) known.add(entry.address);
    found.push(...more);
  }
  if (others.length) how = `, with ${others.map((ours) => `“${ours}”`).join(" and ")}`;
  if (!found.length && words.length) {
    found = find(words.map((word) => word.slice(0, Math.max(4, word.length - 3))));
    if (found.length) how = ", by the beginning of its words";
  }
  said.textContent = `${found.length} found for “${asked}”${how}`;
  if (!words.length) said.textContent += ": enter a word or a number";
  for (const { kind, title, where, address, text, words } of found.slice(0, 100)) {
    const item = list.appendChild(document.createElement("li"));
    element("a", title, item).href = address;
    element("span", ` ${where ? `${kind}, ${where}` : kind}`, item);
    element("p", around(text, words), item);
  }
  if (found.length > 100) element("p", `The first 100 of ${found.length} are shown; another word narrows the search.`, list.parentElement);
});
