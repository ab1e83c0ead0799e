// The states of a drawing, one after the other. What each shows stands in the page as data (see page.py).
// @ts-check
"use strict";

(() => {
  /** @typedef {{say: string, lit: string[], values: string[], grads: [string, string][]}} Step */

  /** @param {string} id @returns {any} */
  const byId = (id) => document.getElementById(id);
  /** @type {Step[]} */
  const steps = JSON.parse(byId("data").textContent);
  const slider = byId("slider");
  const list = byId("steps");
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const whole = new Map(); // of each line of a gradient, the text and the width that it has in the end
  let now = 0;
  let timer = 0;
  let moved = false; // since the page was opened

  /** @param {string} id @param {string} kind @returns {any} */
  const line = (id, kind) => byId(id)?.querySelector(`text.${kind}`);

  /** Show a line of a box with this text, or hide it. @param {any} text @param {string | null} shown */
  function write(text, shown) {
    if (!text) return;
    if (!whole.has(text)) whole.set(text, [text.textContent, text.getAttribute("textLength")]);
    text.classList.toggle("unknown", shown === null);
    if (shown === null) return;
    const [end, width] = whole.get(text);
    text.textContent = shown;
    if (shown === end && width) text.setAttribute("textLength", width);
    else text.removeAttribute("textLength"); // made for the longer text
  }

  /** Show the state after a step. @param {number} step */
  function show(step) {
    now = Math.max(0, Math.min(step, steps.length - 1));
    const values = new Set();
    const grads = new Map();
    for (const { values: known, grads: come } of steps.slice(0, now + 1)) {
      known.forEach((id) => values.add(id));
      come.forEach(([id, text]) => grads.set(id, text));
    }
    for (const box of document.querySelectorAll("#picture .node")) {
      const value = line(box.id, "value");
      write(value, values.has(box.id) ? (whole.get(value)?.[0] ?? value?.textContent) : null);
      write(line(box.id, "grad"), grads.get(box.id) ?? null);
    }
    for (const text of document.querySelectorAll("#picture .edge text")) {
      text.classList.toggle("unknown", !values.has(text.closest(".edge")?.id));
    }
    document.querySelectorAll("#picture .lit").forEach((one) => one.classList.remove("lit"));
    steps[now].lit.forEach((id) => byId(id)?.classList.add("lit"));
    byId("say").textContent = steps[now].say;
    byId("count").textContent = `${now} / ${steps.length - 1}`;
    slider.value = String(now);
    [...list.children].forEach((item, i) => {
      if (i === now) item.setAttribute("aria-current", "step");
      else item.removeAttribute("aria-current");
    });
    list.children[now].scrollIntoView({ block: "nearest", behavior: still || !moved ? "auto" : "smooth" });
    moved = true;
    history.replaceState(null, "", `#step=${now}`);
  }

  /** Play to the end, or stop. */
  function play() {
    const playing = timer === 0 && now < steps.length - 1;
    clearInterval(timer);
    timer = playing
      ? setInterval(() => {
          show(now + 1);
          if (now === steps.length - 1) play();
        }, 1200)
      : 0;
    byId("play").setAttribute("aria-pressed", String(playing));
  }

  steps.forEach(({ say }, i) => {
    const item = document.createElement("li");
    item.textContent = say;
    item.addEventListener("click", () => show(i));
    list.append(item);
  });
  slider.max = String(steps.length - 1);
  slider.addEventListener("input", () => show(Number(slider.value)));
  byId("first").addEventListener("click", () => show(0));
  byId("back").addEventListener("click", () => show(now - 1));
  byId("next").addEventListener("click", () => show(now + 1));
  byId("last").addEventListener("click", () => show(steps.length - 1));
  byId("play").addEventListener("click", play);
  document.addEventListener("keydown", (event) => {
    if (event.target === slider || event.altKey || event.ctrlKey || event.metaKey) return;
    const to = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: steps.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    show(to);
  });
  show(Number(/^#step=(\d+)$/.exec(location.hash)?.[1] ?? 0));
})();
