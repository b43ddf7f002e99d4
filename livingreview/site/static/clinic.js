"use strict";
// What a reader enters becomes an answer, by the arithmetic of publish/calculator.py, operation by operation. Numbers
// and sentences come with the form; nothing leaves the page, and its address keeps what was entered.
const fill = (text, values) => text.replace(/\{([^}]+)\}/g, (_, name) => values[name]);

// Half up, after what binary arithmetic leaves beyond the ninth decimal is dropped; commas between thousands.
const rounded = (value, decimals = 0) => {
  const drop = 10n ** BigInt(9 - decimals);
  const digits = String((BigInt(value.toFixed(9).replace(".", "")) + drop / 2n) / drop).padStart(decimals + 1, "0");
  const units = digits.slice(0, digits.length - decimals).replace(/\B(?=(\d{3})+$)/g, ",");
  return decimals ? `${units}.${digits.slice(-decimals)}` : units;
};

// What a field holds; NaN where it is not a number that the field takes.
const number = ({ value, maxLength, dataset }) => {
  const whole = "whole" in dataset, text = value.replace(/^[ \t\u00a0]+|[ \t\u00a0]+$/g, "");
  const found = (whole ? /^([0-9]+|[1-9][0-9]{0,2}(?:,[0-9]{3})+)$/ : /^([0-9]+(?:[.,][0-9]*)?|[.,][0-9]+) ?%?$/).exec(text);
  if (!found || value.length > maxLength) return NaN;
  const read = Number(found[1].replaceAll(",", whole ? "" : "."));
  return read <= Number(dataset.most) ? read : NaN;
};

// NNTB and NNTH, whole people, through infinity where the interval includes no difference (Altman 1998).
const needed = (benefit, least, most) => {
  const write = (effect, label = true) => {
    if (effect === 0) return "infinity";
    const people = Math.ceil(Number((1 / Math.abs(effect)).toFixed(6)));
    return label ? `${effect > 0 ? "NNTB" : "NNTH"} ${people}` : `${people}`;
  };
  const [near, far] = benefit < 0 || most === 0 ? [least, most] : [most, least];
  if (least < 0 && most > 0) return `${write(benefit)} (${write(near)} to infinity to ${write(far)})`;
  return `${write(benefit)} (${write(near, benefit === 0)} to ${write(far, benefit === 0)})`;
};

const differenceText = (words, differences) => {
  const [size, low, high] = differences.map((difference) => rounded(Math.abs(difference) * 100, 1));
  const [word, first, second] = differences.map((difference) => words[difference > 0 ? "more" : "fewer"]);
  if (differences[1] < 0 && differences[2] > 0) return fill(words["both sides"], { size, word, low, high, first, second });
  const [least, most] = differences[2] > 0 ? [low, high] : [high, low];
  return fill(words["one side"], { size, word, low: least, high: most });
};

const tools = {
  effect(words, outcomes, { outcome: { value: chosen }, baseline: field }) {
    const outcome = outcomes[chosen], percent = number(field), baseline = percent / 100;
    if (Number.isNaN(percent)) return [[field.dataset.wrong]];
    const published = ["risk ratio", "odds ratio"].filter((measure) => outcome[measure.replace(" ", "_")]);
    const answers = published.map((measure) => {
      const odds = measure === "odds ratio", printed = outcome[measure.replace(" ", "_")], ratios = printed.map(Number);
      const [ratio, low, high] = printed;
      const lines = [fill(words.head, { measure, ratio, low, high })];
      if (!odds && ratios[2] * baseline > 1) return [...lines, fill(words.beyond, { limit: rounded(100 / ratios[2]) })];
      const risks = ratios.map((r) => odds ? baseline * (r / (1 - baseline + r * baseline)) : r * baseline);
      const texts = risks.map((risk) => rounded(risk * 100, 1)), differences = risks.map((risk) => risk - baseline);
      lines.push(fill(words.risk, { ...outcome, risk: texts[0], low: texts[1], high: texts[2] }));
      if (differences[1] === 0 && differences[2] === 0) return [...lines, fill(words.equal, outcome)];
      const [value, least, most] = differences;
      const benefit = outcome.more_is_better ? [value, least, most] : [-value, -most, -least];
      const isTiny = differences.some((d) => d && rounded(Math.abs(d) * 100, 1) === rounded(0, 1));
      return [...lines, differenceText(words, differences), isTiny ? words.tiny : needed(...benefit)];
    });
    const [low, high] = outcome.seen, inside = Number(low) <= percent && percent <= Number(high);
    const first = [fill(words.comparator, { risk: rounded(percent, 1), ...outcome })];
    if (!inside) first.push(fill(words.outside, { ...outcome, low, high }));
    return [first, ...answers];
  },
  staffing(words, guidance, { panel, prevalence, together, ...shares }, lines) {
    const mix = Object.values(shares), fields = [panel, prevalence, together, ...mix];
    const wrong = fields.filter((field) => Number.isNaN(number(field)));
    if (wrong.length) return wrong.map((field) => [field.dataset.wrong]);
    const sum = rounded(mix.reduce((total, field) => total + number(field), 0), 1);
    if (sum !== rounded(100, 1)) return [[fill(words.sum, { sum })]];
    const all = number(panel) * (number(prevalence) / 100), ill = rounded(all);
    const people = rounded(all * (number(together) / 100)), patients = Number(people.replaceAll(",", ""));
    let fewest = 0, most = 0;
    mix.forEach((field, group) => {
      const share = patients * (number(field) / 100), [small, large] = guidance.caseloads[group];
      fewest += share / large;
      most += share / small;
    });
    const span = (low, high, decimals) => fill(words.range, { low: rounded(low, decimals), high: rounded(high, decimals) });
    const hours = [patients * guidance.hours_per_patient, most * guidance.hours_per_manager];
    const said = {
      people, ill, short: rounded(patients * guidance.short),
      managers: span(fewest, most, 1),
      weekly: span(...hours, 1),
      monthly: span(hours[0] * guidance.weeks, hours[1] * guidance.weeks, 1),
      contacts: span(patients / guidance.continuation_months, patients * guidance.weeks / guidance.acute_weeks),
      minutes: span(patients * guidance.minutes[0], patients * guidance.minutes[1]),
    };
    return Object.entries(lines).map(([head, line]) => [head, fill(line, said)]);
  },
};

for (const form of document.querySelectorAll("form[data-tool]")) {
  const [words, numbers, lines] = ["words", "numbers", "lines"].map((key) => JSON.parse(form.dataset[key] ?? "null"));
  const fields = [...form.querySelectorAll("select, input")], named = Object.fromEntries(fields.map((f) => [f.name, f]));
  const output = form.querySelector("output"), given = new URLSearchParams(location.search);
  const answer = () => {
    for (const field of fields) if (field.dataset.wrong) field.setAttribute("aria-invalid", Number.isNaN(number(field)));
    output.replaceChildren(...tools[form.dataset.tool](words, numbers, named, lines).map((texts) => {
      const block = document.createElement("span");
      block.className = "lr-block";
      texts.forEach((text, n) => { block.appendChild(document.createElement(n ? "span" : "b")).textContent = text; });
      return block;
    }));
  };
  const remember = () => {
    const query = new URLSearchParams(location.search);
    for (const { name, value } of fields) query.set(name, value);
    try { history.replaceState(history.state, "", `?${query}#${form.id}`); } catch { }
  };
  for (const field of fields.filter(({ name }) => given.has(name))) {
    field.value = given.get(field.name);
    if (field.selectedIndex === -1) field.selectedIndex = 0;
  }
  // An answer is read aloud when the reader has paused, and at once when a field is left.
  let timer, before = named.outcome?.value;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => { answer(); remember(); }, 400);
  });
  form.addEventListener("change", ({ target }) => {
    if (target === named.outcome) {
      // the risk in the trial's own comparator arm stays that of the outcome, unless another one was entered
      if (named.baseline.value === numbers[before].baseline) named.baseline.value = numbers[target.value].baseline;
      before = target.value;
    }
    answer();
    clearTimeout(timer);
    remember();  // a click on a link is what ends an entry: whoever comes back finds it
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  answer();
  form.hidden = false;
}
