"use strict";
// A row of a divided chapter is asked for by its id, in the address of the chapter or in a field. A script that is loaded
// only then says which page the row stands on.
{
  const groups = document.querySelector("[data-rows]");
  const lead = async (id, go) => {
    if (typeof ROWS === "undefined") await new Promise((done) => {
      const script = document.head.appendChild(document.createElement("script"));
      script.onload = script.onerror = done;
      script.src = groups.dataset.rows;
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

  const make = (name, around) => around.appendChild(document.createElement(name));
  const form = document.createElement("form"), field = make("div", form);
  const label = make("label", field), input = make("input", field), button = make("button", form), said = make("output", form);
  form.className = "lr-filter";
  label.textContent = "Find a row by its id";
  label.htmlFor = input.id = "lr-row";
  button.textContent = "Find";
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const id = input.value.trim();
    said.textContent = await lead(id, (address) => location.assign(address)) ? "" : `No row has the id “${id}”.`;
  });
  groups.before(form);
}
