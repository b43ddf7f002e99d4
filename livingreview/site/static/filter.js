"use strict";
// Rows that say so can be narrowed to those with one value: of a column of a table, or under a label of a card.
for (const region of document.querySelectorAll("[data-filter]")) {
  const rows = [...region.querySelectorAll("tbody tr, :scope > li")], heads = region.querySelectorAll("thead th");
  const bar = document.createElement("div"), said = document.createElement("output");
  bar.className = "lr-filter";
  const choices = region.dataset.filter.split("; ").map((label, number) => {
    const column = [...heads].findIndex((head) => head.textContent === label);
    const text = (row) => (row.cells?.[column] ?? row.querySelector(`[data-of="${label}"]`))?.textContent ?? "";
    const values = [...new Set(rows.map(text))].filter(Boolean).sort();
    const choice = bar.appendChild(document.createElement("div"));
    const title = choice.appendChild(document.createElement("label"));
    const select = choice.appendChild(document.createElement("select"));
    title.textContent = label;
    title.htmlFor = select.id = `filter-${number}`;
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
