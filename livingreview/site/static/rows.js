"use strict";
// A row is asked for by its id, in the address or in a field. If it stands on another part of its table, a script that
// is loaded only then says on which.
{
  const parts = document.querySelector("[data-rows]");
  const lead = async (id, go) => {
    if (typeof ROWS === "undefined") await new Promise((done) => {
      const script = document.head.appendChild(document.createElement("script"));
      script.onload = script.onerror = done;
      script.src = parts.dataset.rows;
    });
    const names = typeof ROWS === "undefined" ? [] : Object.keys(ROWS);
    const name = names.find((name) => ROWS[name].split(" ").includes(id));
    if (name) go(`${name}.html#${encodeURIComponent(id)}`);
    return name;
  };
  const follow = () => {
    const id = decodeURIComponent(location.hash.slice(1));
    if (id && !document.getElementById(id)) lead(id, (address) => location.replace(address));
  };
  follow();
  addEventListener("hashchange", follow);

  for (const [number, list] of document.querySelectorAll("nav[data-rows]").entries()) {
    const make = (name, around) => around.appendChild(document.createElement(name));
    const form = document.createElement("form"), field = make("div", form);
    const label = make("label", field), input = make("input", field), button = make("button", form), said = make("output", form);
    form.className = "lr-filter";
    label.textContent = "Find a row by its id";
    label.htmlFor = input.id = `row-${number}`;
    button.textContent = "Find";
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const id = input.value.trim();
      said.textContent = await lead(id, (address) => location.assign(address)) ? "" : `No row has the id “${id}”.`;
    });
    list.before(form);
  }
}
