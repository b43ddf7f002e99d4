"use strict";
// ENTRIES is added at build: [kind, title, where, address, text]. An entry is found when each
// word that is asked for begins a word of it; accents and case do not count. Nothing leaves the reader's machine.
document.addEventListener("DOMContentLoaded", () => {
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const asked = (new URLSearchParams(location.search).get("q") ?? "").trim();
  const words = plain(asked).match(/[\p{L}\p{N}]+/gu) ?? [];
  const begins = (word) => new RegExp(`(?<![\\p{L}\\p{N}])${word}`, "u");
  const entries = ENTRIES.map((entry) => [...entry, plain(entry[1]), plain(`${entry[0]} ${entry[2]} ${entry[4]}`)]);

  const find = (words) => {
    const found = [];
    for (const [kind, title, where, address, text, inTitle, inText] of entries) {
      let points = inTitle === words.join(" ") ? 9 : 0;
      for (const word of words) {
        const start = begins(word), more = start.test(inTitle) ? 4 : start.test(inText) ? 1 : NaN;
        points += more;
      }
      if (points) found.push({ kind, title, where, address, text, points });
    }
    return found.sort((a, b) => b.points - a.points);
  };

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
  if (!words.length) return;
  let used = words, found = find(words);
  if (!found.length) found = find(used = words.map((word) => word.slice(0, Math.max(4, word.length - 3))));
  said.textContent = `${found.length} found for “${asked}”` + (found.length && used !== words ? ", by the beginning of its words" : "");
  for (const { kind, title, where, address, text } of found.slice(0, 100)) {
    const item = list.appendChild(document.createElement("li"));
    element("a", title, item).href = address;
    element("span", ` ${where ? `${kind}, ${where}` : kind}`, item);
    element("p", around(text, used), item);
  }
});
