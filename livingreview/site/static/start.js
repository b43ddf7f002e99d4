"use strict";
// The theme comes first, before anything is painted. Storage may be forbidden: the choice then lasts for the page.
const root = document.documentElement, theme = document.body.dataset;
root.classList.remove("no-js");
theme.theme = "auto";
try { theme.theme = localStorage.getItem("theme") || "auto"; } catch { }
// The first paint of a long chapter does not wait for its end; the place of an anchor needs the whole.
if (!location.hash) {
  root.classList.add("unpainted");
  addEventListener("load", () => setTimeout(() => root.classList.remove("unpainted"), 500));
}

document.addEventListener("DOMContentLoaded", () => {
  document.querySelector("#chapters > div > button").addEventListener("click", () => {
    const dark = theme.theme === "auto" ? matchMedia("(prefers-color-scheme: dark)").matches : theme.theme === "dark";
    theme.theme = dark ? "light" : "dark";
    try { localStorage.setItem("theme", theme.theme); } catch { }
  });
  // An open menu is a page of its own in the history: closing it goes back, to where the reader was.
  const close = (event) => {
    const menu = document.querySelector(".menu:target"), link = menu?.querySelector(".lr-close");
    if (!link?.offsetParent || (event.type === "click" ? menu.contains(event.target) && event.target !== link : event.key !== "Escape"))
      return;
    event.preventDefault();
    history.back();
  };
  document.addEventListener("click", close);
  document.addEventListener("keydown", close);
});
