// A drawing that is gone through step by step, changed, and asked about. What it shows stands in the page as data (see
// page.py); where the graph is one of Values, `recompute` computes it anew. Nothing is written as markup.
// @ts-check

(() => {
  /** @typedef {string | string[]} Part text, or what is looked up: ["value", box], ["flow", arrow], ["sum", …arrows] */
  /** @typedef {{say: Part[], lit: string[], values: string[], grads: [string, string[]][]}} Step */
  /** @typedef {{name: string, title: string, kind: string, value: string, grad: string, op: string}} Box */
  /** @typedef {{tail: string, head: string, back: string}} Arrow */
  /** @typedef {{node: number, key: string, value: number}} Input */
  /** @typedef {{inputs: Input[], uses: [number, number][]}} Live the places of nodes; of a use the tail's, and the head's or −1 */
  /** @typedef {{boxes: Record<string, Box>, arrows: Record<string, Arrow>, steps: Step[], turns: Record<string, number>, place: Record<string, number>, use: Record<string, number>, folded: Record<string, [number, number[]]>}} View */

  /** @type {{views: View[], live: Live | null, rules: Record<string, string>, widths: Record<string, number>}} */
  const data = JSON.parse(byId("data").textContent);
  const { live } = data;
  const picture = byId("picture");
  const drawings = [picture.querySelector("svg"), ...[...document.querySelectorAll("template.view")].map((one) => /** @type {any} */ (one).content.firstElementChild)];
  const still = matchMedia("(prefers-reduced-motion: reduce)");

  // --- the state, which stands in the address ------------------------------------------------------------------------

  const start = live ? live.inputs.map(({ value }) => value) : [];
  const state = { view: 0, step: -1, x: [...start], asking: false, flow: false, theme: "auto", zoom: 0 };
  let stop = new AbortController();
  const search = { text: "", next: 0 };

  /** Turn to a picture, of which `given` is the rest of the state. @param {URLSearchParams} given */
  function turn(given) {
    stop.abort(); // what the picture before listened to
    stop = new AbortController();
    const { signal } = stop;
    /** @param {EventTarget} target @param {string} kind @param {(event: any) => void} does */
    const on = (target, kind, does) => target.addEventListener(kind, does, { signal });
    state.view = Math.max(0, Math.min(Number(given.get("view")) || 0, data.views.length - 1));
    const view = data.views[state.view];
    const { boxes, arrows, steps } = view;
    const end = steps.length - 1;
    const root = Object.keys(boxes).pop() ?? "";
    const svg = drawings[state.view];
    picture.replaceChildren(svg);
    for (const id of ["inputs", "steps", "asked", "paths"]) byId(id).replaceChildren();
    const answered = new Set();
    /** @type {[number[], number[], [number, number][]]} */
    let now = [[], [], []];

    /** Take the state from the address. @param {URLSearchParams} given */
    function read(given) {
      const step = given.has("step") ? Number(given.get("step")) : end;
      state.step = Number.isInteger(step) ? Math.max(0, Math.min(step, end)) : end;
      state.x = start.map((x, i) => {
        const text = given.get(live?.inputs[i].key ?? "");
        return text && Number.isFinite(Number(text)) ? Number(text) : x;
      });
      state.asking = given.get("ask") === "1" && askable.length > 0;
      state.flow = given.get("flow") === "1";
      state.theme = themeOf(given);
    }

    /** Put the state into the address. */
    function keep() {
      const kept = new URLSearchParams();
      if (state.view) kept.set("view", String(state.view));
      if (state.step !== end) kept.set("step", String(state.step));
      live?.inputs.forEach(({ key }, i) => state.x[i] !== start[i] && kept.set(key, String(state.x[i])));
      if (state.asking) kept.set("ask", "1");
      if (state.flow) kept.set("flow", "1");
      if (state.theme !== "auto") kept.set("theme", state.theme);
      try {
        history.replaceState(null, "", `#${kept}`);
      } catch {
        // a page in a frame of a notebook has no address
      }
      return kept;
    }

    // --- what is worth what ---------------------------------------------------------------------------------------------

    const place = new Map(Object.entries(view.place));
    const at = new Map([...place].map(([id, node]) => [node, id]));
    const useOf = new Map(Object.entries(view.use));
    const arrowOf = new Map([...useOf].map(([arrow, use]) => [use, arrow]));
    const usesOf = new Map([...place.keys()].map((id) => [id, /** @type {number[]} */ ([])]));
    live?.uses.forEach(([tail], i) => usesOf.get(at.get(tail) ?? "")?.push(i));
    /** The box of a use's head, if it is shown. @param {number} use */
    const headOf = (use) => at.get(live?.uses[use][1] ?? -1) ?? "";

    /** What comes back along a use. @param {number} use */
    function flow(use) {
      const [grad, slope] = now[2][use];
      return grad !== 0 && slope !== 0 ? grad * slope : 0;
    }

    const isChanged = () => state.x.some((x, i) => x !== start[i]);
    /** @param {string} id */
    const valueOf = (id) => now[0][place.get(id) ?? -1];
    /** @param {string} id */
    const gradOf = (id) => now[1][place.get(id) ?? -1];
    /** @param {string} id */
    const flowsOf = (id) => (usesOf.get(id) ?? []).map(flow);
    /** @param {string} id */
    const valueText = (id) => (place.has(id) ? number(valueOf(id)) : foldedText(id)[0]);

    /** The value and the gradient of a folded box: of the node that leaves it, and ‖grad‖ of its parameters. @param {string} id */
    function foldedText(id) {
      const { value, grad } = boxes[id];
      const [out, parameters] = view.folded[id] ?? [-1, []];
      const norm = Math.hypot(...parameters.map((node) => now[1][node]));
      return [
        value && out >= 0 ? `value ${number(now[0][out])}` : value,
        grad && parameters.length ? `‖grad‖ ${number(norm, 3)}` : grad && out >= 0 ? `grad ${number(now[1][out])}` : grad,
      ];
    }

    /** @param {string} id */
    function gradText(id) {
      return place.has(id) && boxes[id].grad ? gradientText(flowsOf(id), gradOf(id)) : boxes[id].grad;
    }

    /** @param {string} id */
    function backText(id) {
      const use = useOf.get(id);
      if (use === undefined) return isChanged() ? "not computed anew, since it is folded" : arrows[id].back;
      return stepText(now[2][use][0], now[2][use][1], flow(use));
    }

    /** @param {Part} part @returns {string} */
    function textOf(part) {
      if (typeof part === "string") return part;
      const [what, ...ids] = part;
      if (what === "value") return valueText(ids[0]);
      if (what === "flow") return backText(ids[0]);
      if (what === "sum") return `grad ${plus(ids.map((id) => backText(id).split(" = ").slice(-1)[0]))}`;
      return boxes[ids[0]].kind === "folded" ? foldedText(ids[0])[1] : `grad ${gradText(ids[0])}`;
    }

    // --- the picture ----------------------------------------------------------------------------------------------------

    /** @param {string} text @param {number} size */
    const widthOf = (text, size) => ([...text].reduce((sum, c) => sum + (data.widths[c] ?? 620), 0) * size) / 1000;

    /** A line of the picture: its text at first, and the width that there is for it. @param {any} text */
    function lineOf(text) {
      if (!text) return null;
      const shape = text.parentNode.querySelector("path, polygon")?.getBBox();
      const size = Number(text.getAttribute("font-size") ?? 10);
      return { text, size, room: text.closest(".node") && shape ? shape.width - 11 : Infinity, shown: text.textContent };
    }

    const seen = Object.keys(boxes).map((id) => {
      const group = byId(id);
      const [value, grads] = [group.querySelector("text.value"), [...group.querySelectorAll("text.grad")].map(lineOf)];
      const maps = ["value", "grad"].map((kind) => group.querySelector(`.heat.${kind}`));
      return { id, group, value: lineOf(value), grads, maps };
    });
    const drawn = Object.keys(arrows).map((id) => ({ id, group: byId(id), label: lineOf(byId(id).querySelector("text")) }));

    /** Write a line, squeezed to the width that there is; hide it where it is null. @param {any} line @param {string | null} shown */
    function write(line, shown) {
      if (!line) return;
      line.text.classList.toggle("unknown", shown === null);
      if (shown === null || shown === line.shown) return;
      line.text.textContent = line.shown = shown;
      line.text.setAttribute("textLength", Math.min(widthOf(shown, line.size), line.room).toFixed(2));
    }

    /** Write a sum on the rows that there are for it. @param {any[]} lines @param {string | null} shown */
    function writeRows(lines, shown) {
      const rows = shown === null ? [] : breakSum(shown, lines.length);
      lines.forEach((line, i) => write(line, shown === null ? null : (rows[i] ?? "")));
    }

    /** Where the boxes and arrows are, in the picture's own units: left, top, right, bottom. @type {Map<string, number[]>} */
    const where = new Map();

    /** What is looked at, and a little around it. @returns {(id: string) => boolean} */
    function inSight() {
      const zoom = state.zoom || fitting();
      const [left, top] = [picture.scrollLeft / zoom - 50, picture.scrollTop / zoom - 50];
      const [right, bottom] = [left + picture.clientWidth / zoom + 100, top + picture.clientHeight / zoom + 100];
      return (id) => {
        const at = where.get(id);
        return !at || (at[0] < right && at[2] > left && at[1] < bottom && at[3] > top);
      };
    }

    /** @type {{step: number, values: Set<string>, grads: Map<string, string[]>}} */
    let known = { step: -1, values: new Set(), grads: new Map() };

    /** What is known after the step that is shown. */
    function upToNow() {
      if (known.step === state.step) return known;
      known = { step: state.step, values: new Set(), grads: new Map() };
      for (const { values, grads } of steps.slice(0, state.step + 1)) {
        values.forEach((id) => known.values.add(id));
        grads.forEach(([id, part]) => known.grads.set(id, part));
      }
      return known;
    }

    /** Show the picture as it is after a step: with the titles, or only what is in sight. @param {boolean} titles */
    function draw(titles) {
      const { values, grads } = upToNow();
      const changed = isChanged();
      const sight = titles ? () => true : inSight();
      for (const { id, group, value, grads: lines, maps } of seen) {
        if (!sight(id)) continue;
        const fixed = boxes[id].kind === "folded";
        write(value, values.has(id) ? (fixed ? valueText(id) : `value ${valueText(id)}`) : null);
        const part = grads.get(id);
        const hidden = state.asking && askable.includes(id) && !answered.has(id);
        writeRows(lines, hidden ? "grad ?" : part ? textOf(part) : null);
        maps[0]?.classList.toggle("unknown", !values.has(id));
        maps[1]?.classList.toggle("unknown", !part);
        group.classList.toggle("stale", changed && fixed && !view.folded[id]);
        if (titles && live && place.has(id)) group.querySelector("title").textContent = tooltip(id, hidden);
      }
      const most = state.flow && live ? live.uses.reduce((most, _, i) => Math.max(most, Math.abs(flow(i))), 0) : 0;
      for (const { id, group, label } of drawn) {
        if (!sight(id)) continue;
        const use = useOf.get(id);
        const slope = use === undefined ? null : number(now[2][use][1], 3);
        write(label, values.has(id) ? (slope === null ? label?.shown : `∂ ${slope}`) : null);
        group.classList.toggle("stale", changed && use === undefined);
        if (use === undefined) continue;
        const comes = boxes[root].grad ? flow(use) : 1;
        group.classList.toggle("nothing", comes === 0);
        group.classList.toggle("minus", state.flow && comes < 0);
        group.style.setProperty("--flow", state.flow && most > 0 ? String(1 + (4 * Math.abs(comes)) / most) : "1");
        if (!titles) continue;
        const step = state.asking ? "" : `\nbackward: ${backText(id)} → ${boxes[arrows[id].tail].name}`;
        group.querySelector("title").textContent = `∂${boxes[arrows[id].head].name}/∂${boxes[arrows[id].tail].name} = ${now[2][use][1]}${step}`;
      }
    }

    /** @param {string} id @param {boolean} hidden */
    function tooltip(id, hidden) {
      const lines = [`${boxes[id].kind} ${boxes[id].title}`, `value ${valueOf(id)}`];
      if (boxes[id].grad && !hidden) lines.push(`d${boxes[root].name}/d${boxes[id].name} = ${gradOf(id)}`);
      return lines.join("\n").replace(/-/g, "−");
    }

    /** Light some boxes and arrows, and no others. @param {string[]} ids @param {string} [kind] */
    function light(ids, kind = "lit") {
      document.querySelectorAll(`#picture .${kind}`).forEach((one) => one.classList.remove(kind));
      ids.forEach((id) => byId(id)?.classList.add(kind));
    }

    /** Show everything as the state has it; while something is dragged, what is not looked at only after that. @param {boolean} [whole] */
    function show(whole = true) {
      if (live) now = recompute(state.x);
      draw(whole);
      document.body.classList.toggle("asking", state.asking);
      dress(state.theme);
      byId("ask").setAttribute("aria-pressed", String(state.asking));
      byId("flow").setAttribute("aria-pressed", String(state.flow));
      if (!state.asking) light(steps[state.step].lit);
      const says = steps[state.step].say.map(textOf).join("");
      const result = live && isChanged() ? `${boxes[root].name} = ${valueText(root)}. ` : "";
      say(state.asking ? `${result}What are the gradients? Each is hidden until you have it.` : `${result}${says}`);
      byId("count").textContent = `${state.step} / ${end}`;
      byId("slider").value = String(state.step);
      [...byId("steps").children].forEach((item, i) => {
        if (whole) item.textContent = steps[i].say.map(textOf).join("");
        if (i === state.step) item.setAttribute("aria-current", "step");
        else item.removeAttribute("aria-current");
      });
      rows.forEach((row) => row());
      if (whole) keep(); // browsers refuse an address that changes all the time
    }

    /** @param {string} text */
    function say(text) {
      if (byId("say").textContent !== text) byId("say").textContent = text;
    }

    let asked = 0; // for the next frame
    let later = 0;
    /** Show what is looked at, once a frame, and everything after that. */
    function soon() {
      cancelAnimationFrame(asked);
      clearTimeout(later);
      asked = requestAnimationFrame(() => show(false));
      later = setTimeout(() => show(), 100);
    }

    // --- steps ----------------------------------------------------------------------------------------------------------

    let timer = 0;

    /** @param {number} step */
    function go(step) {
      state.step = Math.max(0, Math.min(step, end));
      show();
      const list = byId("steps");
      const item = list.children[state.step];
      const low = item.offsetTop - list.offsetTop;
      list.scrollTo({ top: low - list.clientHeight / 2, behavior: still.matches ? "auto" : "smooth" });
    }

    /** Play to the end, or stop. */
    function play() {
      const playing = timer === 0;
      clearInterval(timer);
      timer = 0;
      if (playing) {
        if (state.step === end) go(0);
        timer = setInterval(() => {
          go(state.step + 1);
          if (state.step === end) play();
        }, 1200);
      }
      byId("play").setAttribute("aria-pressed", String(playing));
    }

    steps.forEach((_, i) => {
      const item = document.createElement("li");
      on(item, "click", () => go(i));
      byId("steps").append(item);
    });
    byId("slider").max = String(end);
    on(byId("slider"), "input", () => go(Number(byId("slider").value)));
    for (const [id, to] of /** @type {[string, () => number][]} */ ([
      ["first", () => 0],
      ["back", () => state.step - 1],
      ["next", () => state.step + 1],
      ["last", () => end],
    ])) {
      on(byId(id), "click", () => go(to()));
    }
    on(byId("play"), "click", play);

    // --- numbers that can be changed ------------------------------------------------------------------------------------

    /** @type {(() => void)[]} */
    const rows = []; // to be shown anew
    /** @type {number[]} */
    let trail = [];

    /** @param {number} i @param {number} x */
    function change(i, x) {
      if (!Number.isFinite(x)) return;
      state.x[i] = x;
      trail = [];
      soon();
    }

    /** A step of a slider: a hundredth of what is near a number, as a power of ten. @param {number} x */
    const gradation = (x) => 10 ** Math.floor(Math.log10(Math.max(Math.abs(x) || 1, 0.05) * 2) - 1);

    /** Round away what adding tenths leaves. @param {number} x */
    const tidy = (x) => Number(x.toPrecision(12));

    /** A row: a slider, the number, its gradient, a nudge. @param {Input} input @param {number} i */
    function addRow({ node }, i) {
      const id = at.get(node);
      if (id === undefined) return; // it is folded
      const { name, grad } = boxes[id];
      const step = gradation(start[i]);
      const span = 100 * step;
      const row = element("div", { class: "row" });
      const field = element("input", { type: "number", step: "any", id: `number-${id}`, "aria-label": `${name}, as a number` });
      const slider = element("input", {
        ...{ type: "range", id: `slide-${id}`, step: String(step), "aria-label": name },
        ...{ min: String(tidy(start[i] - span)), max: String(tidy(start[i] + span)) },
      });
      const gradient = element("output", { for: `number-${id}` });
      row.append(element("label", { for: `number-${id}` }, name), field, slider, gradient);
      if (grad) {
        const button = element("button", { type: "button", "aria-label": `+0.001, nudge ${name}` }, "+0.001");
        on(button, "click", () => nudge(i));
        row.append(button);
      }
      on(field, "input", () => field.value && change(i, Number(field.value)));
      on(slider, "input", () => change(i, Number(slider.value)));
      byId("inputs").append(row);
      rows.push(() => {
        if (document.activeElement !== field) field.value = String(state.x[i]);
        slider.value = String(state.x[i]);
        const known = !state.asking || answered.has(id);
        gradient.textContent = grad ? (known ? `grad ${number(gradOf(id))}` : "grad ?") : "";
      });
      const group = byId(id);
      group.classList.add("movable");
      on(group, "pointerdown", (/** @type {PointerEvent} */ event) => drag(event, i, step));
      on(group, "keydown", (/** @type {KeyboardEvent} */ event) => {
        const by = { ArrowUp: step, ArrowDown: -step }[event.key];
        if (by === undefined) return;
        event.preventDefault();
        change(i, tidy(state.x[i] + by));
      });
    }

    /** Change a number by dragging its box: four pixels are one step. @param {PointerEvent} down @param {number} i @param {number} step */
    function drag(down, i, step) {
      const from = state.x[i];
      const group = /** @type {any} */ (down.currentTarget);
      down.stopPropagation();
      group.setPointerCapture(down.pointerId);
      /** @param {PointerEvent} move */
      const moved = (move) => change(i, tidy(from + step * Math.round((move.clientX - down.clientX) / 4)));
      group.addEventListener("pointermove", moved);
      for (const kind of ["pointerup", "pointercancel"]) {
        group.addEventListener(kind, () => group.removeEventListener("pointermove", moved), { once: true });
      }
    }

    /** Say what J gains when a number grows by a little, beside the gradient (course notes). @param {number} i */
    function nudge(i) {
      const id = at.get(live?.inputs[i].node ?? -1) ?? "";
      const { name } = boxes[id];
      const J = boxes[root].name;
      const more = recompute(state.x.map((x, k) => (k === i ? x + 0.001 : x)))[0][place.get(root) ?? 0];
      const ratio = (more - valueOf(root)) / 0.001;
      const known = !state.asking || answered.has(id);
      const gradient = known ? `; the gradient is ${number(gradOf(id), 5)}` : "";
      byId("told").textContent =
        `${name} + 0.001: (${number(more, 8)} − ${number(valueOf(root), 8)}) / 0.001 = ${number(ratio, 5)}${gradient}. ` +
        `(${J} after, less ${J} before, over the nudge.)`;
    }

    /** Take a step of gradient descent, with the parameters, or with all where there are none. */
    function descend() {
      if (!live) return;
      const kindOf = (/** @type {number} */ node) => boxes[at.get(node) ?? ""]?.kind;
      const parameters = live.inputs.some(({ node }) => kindOf(node) === "parameter");
      const rate = Number(byId("rate").value);
      if (!trail.length) trail = [valueOf(root)];
      state.x = state.x.map((x, i) => {
        const { node } = live.inputs[i];
        const next = x - rate * now[1][node];
        return !kindOf(node) || (parameters && kindOf(node) !== "parameter") || !Number.isFinite(next) ? x : next;
      });
      show();
      trail.push(valueOf(root));
      const costs = trail.slice(-200);
      const low = Math.min(...costs);
      const high = Math.max(...costs);
      const points = costs.map((cost, i) => `${(i * 200) / Math.max(costs.length - 1, 1)},${50 - (48 * (cost - low)) / (high - low || 1)}`);
      byId("trail").querySelector("polyline").setAttribute("points", points.join(" "));
      const last = trail.slice(-3).map((cost) => number(cost));
      byId("told").textContent = `After ${trail.length - 1} step${trail.length > 2 ? "s" : ""}: ${boxes[root].name} = ${last.join(" → ")}`;
    }

    // --- questions ------------------------------------------------------------------------------------------------------

    const askable = live && boxes[root].grad ? [...place.keys()].reverse().filter((id) => id !== root && boxes[id].grad) : [];

    /** @param {number} x @param {number} y */
    const near = (x, y) => Math.abs(x - y) <= 2e-3 * Math.abs(y) + 1e-12 || number(x, 3) === number(y, 3);

    /** Say what is wrong with an answer, and what it forgot. @param {string} id @param {number} answer @returns {[string, string[]]} */
    function judge(id, answer) {
      const uses = usesOf.get(id) ?? [];
      const lightOf = (/** @type {number} */ use) => arrowOf.get(use) ?? headOf(use);
      const user = (/** @type {number} */ use) => boxes[headOf(use)]?.name ?? "a node that is not shown";
      if (uses.length > 1 && uses.length <= 10) {
        for (let some = 1; some < 2 ** uses.length - 1; some += 1) {
          const taken = uses.filter((_, k) => some & (1 << k));
          if (!near(answer, taken.reduce((sum, use) => sum + flow(use), 0))) continue;
          const forgotten = uses.filter((use) => !taken.includes(use));
          return [`${boxes[id].name} is used ${uses.length} times, and each use brings a term: the one by way of ${forgotten.map(user).join(", ")} is missing.`, forgotten.map(lightOf)];
        }
      }
      for (const use of uses) {
        const rest = flowsOf(id).reduce((sum, x) => sum + x, 0) - flow(use);
        const [grad, slope] = now[2][use];
        if (near(answer, rest + grad)) {
          return [`That is what arrives at ${user(use)}. On the way back to ${boxes[id].name} it is multiplied by ∂${user(use)}/∂${boxes[id].name}: this factor is missing.`, [lightOf(use)]];
        }
        if (near(answer, rest + slope)) {
          return [`That is the local derivative ∂${user(use)}/∂${boxes[id].name}. It is multiplied by the gradient that arrives at ${user(use)}: this factor is missing.`, [headOf(use)]];
        }
      }
      if (near(-answer, gradOf(id))) return ["The size is right, the sign is not.", uses.map(lightOf)];
      if (near(answer, valueOf(id))) return [`That is the value of ${boxes[id].name}, not its gradient.`, [id]];
      return [`Not yet. Along each lit arrow comes the gradient at its end times the local derivative ∂; what arrives is added.`, uses.map(lightOf)];
    }

    /** Take an answer. @param {Event} event */
    function answer(event) {
      event.preventDefault();
      const id = byId("asked").value;
      const x = typed(byId("answer").value);
      if (Number.isNaN(x)) {
        byId("verdict").textContent = "That is no number; 6, −0.5, 1/3, 3 × 2 and 4 + 5 are.";
        return;
      }
      if (!near(x, gradOf(id))) {
        const [why, ids] = judge(id, x);
        light(ids);
        byId("verdict").textContent = `${byId("answer").value.trim()}? ${why}`;
        return;
      }
      answered.add(id);
      const flows = (usesOf.get(id) ?? []).map((use) => stepText(now[2][use][0], now[2][use][1], flow(use)));
      byId("verdict").textContent = `Right: d${boxes[root].name}/d${boxes[id].name} = ${gradText(id)}${flows.length === 1 ? `, from ${flows[0]}` : ""}.`;
      light([id]);
      byId("answer").value = "";
      const next = askable.find((one) => !answered.has(one));
      if (next) byId("asked").value = next;
      else byId("verdict").textContent += " That was the last one: all gradients are found.";
      show();
      light([id]);
    }

    /** Ask, or stop asking. @param {boolean} asking */
    function ask(asking) {
      state.asking = asking;
      answered.clear();
      light([]);
      byId("verdict").textContent = byId("told").textContent = "";
      if (asking) state.step = end;
      show();
      if (asking) byId("answer").focus();
    }

    // --- paths ----------------------------------------------------------------------------------------------------------

    /** @type {Map<string, string[]>} */
    const out = new Map(Object.keys(boxes).map((id) => [id, []]));
    Object.entries(arrows).forEach(([id, { tail }]) => out.get(tail)?.push(id));

    /** Say by which rule of the tables a box is computed, and of an arrow what comes back along it. @param {string} id */
    function teach(id) {
      const { op } = boxes[arrows[id]?.head ?? id];
      const said = [data.rules[op] ?? "", ...(arrows[id] && !state.asking ? [byId(id).querySelector("title").textContent] : [])];
      byId("rule").textContent = said.filter(Boolean).join("\n");
    }

    /** Let an arrow be clicked beside its thin line. @param {any} group */
    function widen(group) {
      const path = group.querySelector("path");
      if (!path || group.querySelector(".wide")) return;
      const wide = path.cloneNode();
      wide.setAttribute("class", "wide");
      group.insertBefore(wide, path);
    }

    /** Light all ways from a box to the output, and say what each brings. @param {string} id */
    function lead(id) {
      teach(id);
      const found = new Set([id]);
      const queue = [id];
      for (let box = queue.pop(); box !== undefined; box = queue.pop()) {
        for (const arrow of out.get(box) ?? []) {
          found.add(arrow);
          const { head } = arrows[arrow];
          if (!found.has(head)) queue.push(head);
          found.add(head);
        }
      }
      light([...found], "way");
      byId("paths").replaceChildren(...(state.asking ? [] : products(id).map((text) => element("li", {}, text))));
    }

    /** The first paths to the output, each with its product: b → u → J: 2 × 3 = 6. @param {string} id */
    function products(id) {
      /** @type {string[]} */
      const texts = [];
      if (!live || !place.has(id) || id === root || !boxes[id].grad) return texts;
      /** @type {[string, string[]][]} */
      const open = [[id, []]];
      for (let path = open.pop(); path !== undefined && texts.length < 8; path = open.pop()) {
        const [at, way] = path;
        if (at === root) {
          const slopes = way.map((arrow) => now[2][useOf.get(arrow) ?? -1]?.[1] ?? NaN);
          const names = [boxes[id].name, ...way.map((arrow) => boxes[arrows[arrow].head].name)];
          const factors = slopes.map((slope) => (slope < 0 ? `(${number(slope)})` : number(slope)));
          if (slopes.every((slope) => !Number.isNaN(slope)))
            texts.push(`${names.join(" → ")}: ${factors.join(" × ")} = ${number(slopes.reduce((all, slope) => all * slope, 1))}`);
        } else if (way.length < 60) {
          [...(out.get(at) ?? [])].reverse().forEach((arrow) => open.push([arrows[arrow].head, [...way, arrow]]));
        }
      }
      return texts;
    }

    /** Turn to the picture in which a folded box is open, or a frame folded. @param {string} id */
    function open(id) {
      if (id in view.turns) turnTo(view.turns[id]);
    }

    /** Turn to another picture. @param {number} to */
    function turnTo(to) {
      clearTimeout(later);
      cancelAnimationFrame(asked);
      clearInterval(timer);
      const kept = keep();
      kept.set("view", String(to));
      kept.delete("step"); // of another picture
      turn(kept);
    }

    /** Light none. */
    function leave() {
      light([], "way");
      byId("paths").replaceChildren();
    }

    // --- finding --------------------------------------------------------------------------------------------------------

    /** Go to the next box that has a text in its title, in this picture or in another. @param {string} text */
    function find(text) {
      const wanted = text.trim().toLowerCase();
      if (!wanted) return;
      const [mine, others] = [state.view, data.views.map((_, i) => i).filter((i) => i !== state.view)];
      const matches = (/** @type {number} */ i) => {
        const named = Object.entries(data.views[i].boxes).filter(([, { title }]) => title.toLowerCase().includes(wanted));
        const exact = named.filter(([, { name }]) => name.toLowerCase() === wanted);
        return (exact.length ? exact : named).map(([id]) => id);
      };
      const here = matches(mine);
      const there = here.length ? -1 : (others.find((i) => matches(i).length > 0) ?? -1);
      if (!here.length && there < 0) {
        say(`No box has ${text.trim()} in it.`);
        return;
      }
      search.next = search.text === wanted && here.length ? (search.next + 1) % here.length : 0;
      search.text = wanted;
      if (there >= 0) turnTo(there);
      const group = byId(here.length ? here[search.next] : matches(there)[0]);
      group.scrollIntoView({ block: "center", inline: "center" });
      group.focus({ preventScroll: true });
    }

    // --- looking closer -------------------------------------------------------------------------------------------------

    const [wide, high] = [parseFloat(svg.getAttribute("width")), parseFloat(svg.getAttribute("height"))];

    /** The zoom at which all can be seen, letters being at least 9 pixels high. */
    const fitting = () => Math.max(0.9, Math.min((picture.clientWidth - 16) / wide, (picture.clientHeight - 16) / high, 2));

    /** Zoom so that a point stays where it is. @param {number} zoom @param {number} [x] @param {number} [y] */
    function zoomTo(zoom, x = picture.clientWidth / 2, y = picture.clientHeight / 2) {
      const before = state.zoom || fitting();
      state.zoom = Math.max(0.1, Math.min(zoom, 8));
      svg.style.width = `${wide * state.zoom}px`;
      svg.style.height = `${high * state.zoom}px`;
      const by = state.zoom / before;
      picture.scrollLeft = (picture.scrollLeft + x) * by - x;
      picture.scrollTop = (picture.scrollTop + y) * by - y;
      look();
    }

    /** Make it as large as the page allows. */
    function fit() {
      zoomTo(fitting());
      state.zoom = 0;
    }

    /** @param {number} by */
    const closer = (by) => zoomTo((state.zoom || fitting()) * by);

    const map = byId("map");
    const boxed = svgElement("rect", { class: "view" });

    /** Draw the picture small: once it is laid out, and where it is looked at. */
    function survey() {
      map.setAttribute("viewBox", `0 0 ${wide} ${high}`);
      const scale = Math.min(160 / wide, 160 / high);
      map.style.width = `${wide * scale}px`;
      map.style.height = `${high * scale}px`;
      const whole = svg.getBoundingClientRect();
      const zoom = whole.width / wide || 1;
      for (const { id, group } of [...seen, ...drawn]) {
        const { left, top, right, bottom } = group.getBoundingClientRect();
        where.set(id, [left - whole.left, top - whole.top, right - whole.left, bottom - whole.top].map((x) => x / zoom));
      }
      const small = seen.map(({ id }) => smallBox(boxes[id].kind, where.get(id) ?? []));
      map.replaceChildren(...small, boxed);
    }

    /** @param {string} kind @param {number[]} place */
    function smallBox(kind, [left, top, right, bottom]) {
      const place = { x: left, y: top, width: right - left, height: bottom - top };
      return svgElement("rect", { class: kind, ...Object.fromEntries(Object.entries(place).map(([name, x]) => [name, x.toFixed(1)])) });
    }

    /** Show where one looks, if not all can be seen. */
    function look() {
      const zoom = state.zoom || fitting();
      const part = [picture.clientWidth / zoom, picture.clientHeight / zoom];
      map.toggleAttribute("hidden", part[0] * 1.2 > wide && part[1] * 1.2 > high);
      [picture.scrollLeft / zoom, picture.scrollTop / zoom, ...part].forEach((x, i) => boxed.setAttribute(["x", "y", "width", "height"][i], x.toFixed(1)));
    }

    /** Look at where the small picture is pointed at. @param {PointerEvent} event */
    function pointAt(event) {
      if (event.buttons !== 1) return;
      const zoom = state.zoom || fitting();
      const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(map.getScreenCTM().inverse());
      picture.scrollLeft = point.x * zoom - picture.clientWidth / 2;
      picture.scrollTop = point.y * zoom - picture.clientHeight / 2;
    }
    on(map, "pointerdown", pointAt);
    on(map, "pointermove", pointAt);
    on(picture, "scroll", look);
    on(picture, "wheel", (/** @type {WheelEvent} */ event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const box = picture.getBoundingClientRect();
      zoomTo((state.zoom || fitting()) * Math.exp(-event.deltaY / 300), event.clientX - box.left, event.clientY - box.top);
    });
    /** @type {Map<number, PointerEvent>} */
    const fingers = new Map();
    on(picture, "pointerdown", (/** @type {PointerEvent} */ event) => fingers.set(event.pointerId, event));
    for (const kind of ["pointerup", "pointercancel", "pointerleave"]) {
      on(picture, kind, (/** @type {PointerEvent} */ event) => fingers.delete(event.pointerId));
    }
    on(picture, "pointermove", (/** @type {PointerEvent} */ event) => {
      const before = fingers.get(event.pointerId);
      if (!before) return;
      fingers.set(event.pointerId, event);
      const other = [...fingers.values()].find((one) => one.pointerId !== event.pointerId);
      if (other) {
        const apart = (/** @type {PointerEvent} */ one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
        closer(apart(event) / (apart(before) || 1));
      } else if (event.pointerType === "mouse") {
        picture.scrollLeft -= event.clientX - before.clientX;
        picture.scrollTop -= event.clientY - before.clientY;
      }
    });
    on(byId("in"), "click", () => closer(1.25));
    on(byId("out"), "click", () => closer(0.8));
    on(byId("fit"), "click", fit);
    on(window, "resize", () => state.zoom === 0 && fit());

    // --- all together ---------------------------------------------------------------------------------------------------

    for (const { id, group } of seen) {
      group.setAttribute("tabindex", "0");
      on(group, "pointerenter", () => lead(id));
      on(group, "focus", () => lead(id));
      on(group, "pointerleave", leave);
      on(group, "blur", leave);
      on(group, "click", () => {
        if (state.asking && askable.includes(id)) byId("asked").value = id;
        else open(id);
      });
      on(group, "keydown", (/** @type {KeyboardEvent} */ event) => event.key === "Enter" && open(id));
    }
    for (const { id, group } of drawn) {
      if (drawn.length < 400) widen(group);
      on(group, "click", () => teach(id));
    }
    for (const id of Object.keys(view.turns)) {
      const group = byId(id);
      group.classList.add("turns");
      if (boxes[id]) continue;
      const label = group.querySelector("text");
      group.setAttribute("tabindex", "0");
      on(label, "click", () => open(id));
      on(group, "keydown", (/** @type {KeyboardEvent} */ event) => event.key === "Enter" && open(id));
    }
    if (live) {
      live.inputs.forEach(addRow);
      byId("live").hidden = live.inputs.length === 0;
      byId("descent").hidden = !boxes[root].grad;
      on(byId("descend"), "click", descend);
      on(byId("reset"), "click", () => {
        state.x = [...start];
        trail = [];
        byId("trail").querySelector("polyline").setAttribute("points", "");
        byId("told").textContent = "";
        show();
      });
    }
    byId("ask").hidden = askable.length === 0;
    byId("flow").hidden = !live || !boxes[root].grad;
    askable.forEach((id) => byId("asked").append(element("option", { value: id }, boxes[id].name)));
    byId("of").textContent = boxes[root].name;
    on(byId("question"), "submit", answer);
    on(byId("ask"), "click", () => ask(!state.asking));
    on(byId("flow"), "click", () => {
      state.flow = !state.flow;
      show();
    });
    on(byId("find"), "keydown", (/** @type {KeyboardEvent} */ event) => event.key === "Enter" && find(byId("find").value));
    on(byId("theme"), "change", () => {
      state.theme = byId("theme").value;
      show();
    });
    on(dark, "change", () => show());
    on(window, "hashchange", () => {
      const asked = new URLSearchParams(location.hash.slice(1));
      if ((Number(asked.get("view")) || 0) !== state.view) return turn(asked);
      read(asked);
      show();
    });
    /** @type {Record<string, () => void>} */
    const keys = {
      ArrowRight: () => go(state.step + 1),
      ArrowLeft: () => go(state.step - 1),
      Home: () => go(0),
      End: () => go(end),
      " ": play,
      "+": () => closer(1.25),
      "-": () => closer(0.8),
      0: fit,
    };
    on(document, "keydown", (event) => {
      const typing = /^(input|select|button|textarea)$/i.test(/** @type {any} */ (event.target).tagName);
      if (typing || event.altKey || event.ctrlKey || event.metaKey || !keys[event.key]) return;
      if (state.asking && !["+", "-", "0"].includes(event.key)) return;
      event.preventDefault();
      keys[event.key]();
    });
    read(given);
    show();
    fit();
    survey();
    look();
  }

  turn(new URLSearchParams(location.hash.slice(1)));
})();
