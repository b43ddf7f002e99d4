"use strict";
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
