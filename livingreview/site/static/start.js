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
  document.querySelector("#chapters button").addEventListener("click", () => {
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
  // A table that says so can be narrowed to rows with one value in a column.
  for (const region of document.querySelectorAll("[data-filter]")) {
    const heads = region.querySelectorAll("thead th"), rows = [...region.querySelectorAll("tbody tr")];
    const bar = document.createElement("div"), said = document.createElement("output");
    bar.className = "lr-filter";
    const choices = region.dataset.filter.split(" ").map((column) => {
      const text = (row) => row.cells[column].textContent, values = [...new Set(rows.map(text))].filter(Boolean).sort();
      const choice = bar.appendChild(document.createElement("div"));
      const label = choice.appendChild(document.createElement("label"));
      const select = choice.appendChild(document.createElement("select"));
      label.textContent = heads[column].textContent;
      label.htmlFor = select.id = `filter-${column}`;
      select.append(new Option("all", ""), ...values.map((value) => new Option(value)));
      return (row) => !select.value || text(row) === select.value;
    });
    bar.append(said);
    bar.addEventListener("change", () => {
      for (const row of rows) row.hidden = !choices.every((fits) => fits(row));
      said.textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length} rows`;
    });
    region.before(bar);
  }
  // Whether the review is current depends on the day it is read.
  const status = document.getElementById("status"), today = new Date().toISOString().slice(0, 10);
  status.className = "said";
  status.textContent = today >= status.dataset.dormant ? "dormant" : today > status.dataset.due ? "overdue" : "current";
});
