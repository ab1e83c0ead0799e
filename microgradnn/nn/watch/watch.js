// A training that is seen: moments come from a server of this machine's own, or stand in the page. Nothing is written as markup.
// @ts-check

(() => {
  /** @typedef {{counts: [number[], number[]], lost: number, norm: number | null}} Gradients */
  /** @typedef {{steps: number, passes: number, J: number | null, right: number | null, rate: number, running: boolean, said: string, theta: string, gradients: (Gradients | null)[]}} Moment */
  /** @typedef {{sizes: number[], sent: number[], activations: string[], features: string[], classes: string[], m: number, measured: number, plane: Plane | null, points: [number[][], number[]] | null, decades: [number, number, number], controls: string[], choices: Record<string, string[]>, setting: Record<string, string>, trail: [number, number | null][]}} About */

  const SIDE = 48; // points in a row of the plane
  const UNITS = 12; // of a layer that are shown
  const [TILE, PITCH] = [44, 52];
  const COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442"];
  const SHAPES = ["circle", "square", "triangle", "diamond"];

  /** @type {{live: boolean, about?: About, moments?: Moment[]}} */
  const data = JSON.parse(byId("data").textContent);
  const given = new URLSearchParams(location.hash.slice(1));
  const state = { theme: themeOf(given), log: given.get("log") === "1", at: Number(given.get("at") ?? -1) };
  /** @type {About | null} */
  let about = null;
  /** @type {Moment | null} */
  let now = null;
  /** @type {[number, number | null][]} */
  let trail = [];
  /** The unit that is looked at, [layer, unit]; null for the output. @type {[number, number] | null} */
  let looked = null;
  /** @type {Float64Array[]} */
  let grid = [];

  /** @param {string} text */
  function say(text) {
    if (byId("say").textContent !== text) byId("say").textContent = text;
  }

  // --- the network ----------------------------------------------------------------------------------------------------

  /** @type {{l: number, i: number, box: any, canvas: any}[]} */
  let units = [];
  /** @type {{l: number, i: number, j: number, path: any}[]} */
  let lines = [];

  /** @param {number} n */
  const shownOf = (n) => Math.min(n, UNITS);

  /** Lay the network out: a column for each layer. */
  function layOut() {
    if (!about) return;
    const net = byId("net");
    const { sizes, features, activations: names, plane } = about;
    const columns = sizes.map(shownOf);
    const cuts = sizes.some((n) => n > UNITS);
    const top = about.controls.includes("units") ? 62 : cuts ? 42 : 30;
    const gap = Math.max(64, Math.min(180, (net.clientWidth - TILE - 30) / Math.max(sizes.length - 1, 1) - TILE));
    const step = TILE + gap;
    const [width, height] = [step * (sizes.length - 1) + TILE + 30, top + Math.max(...columns) * PITCH];
    const active = /** @type {any} */ (document.activeElement)?.id;
    net.querySelectorAll(".unit, .head").forEach((/** @type {Element} */ one) => one.remove());
    const svg = byId("lines");
    Object.entries({ width, height, viewBox: `0 0 ${width} ${height}` }).forEach(([name, x]) => svg.setAttribute(name, String(x)));
    /** @param {number} l @param {number} i */
    const topOf = (l, i) => top + ((Math.max(...columns) - columns[l]) * PITCH) / 2 + i * PITCH;
    units = [];
    lines = [];
    sizes.forEach((n, l) => {
      const left = 15 + l * step;
      const head = element("div", { class: "head", style: `left: ${left - 40}px; top: 0; width: ${TILE + 80}px` });
      head.append(element("div", {}, l === 0 ? "inputs" : names[l - 1]));
      if (n > UNITS) head.append(element("div", {}, `${UNITS} of ${n}`));
      if (l > 0 && l < sizes.length - 1 && about?.controls.includes("units")) {
        for (const [sign, by, words] of /** @type {[string, number, string][]} */ ([["−", -1, "take a unit from"], ["+", 1, "add a unit to"]])) {
          const button = element("button", { type: "button", id: `units${by}-${l}`, "aria-label": `${words} layer ${l}` }, sign);
          button.addEventListener("click", () => order({ do: "units", layer: l, by }));
          head.append(button, " ");
        }
      }
      net.append(head);
      for (let i = 0; i < columns[l]; i += 1) {
        const name = l === 0 ? (features[i] ?? `x${i + 1}`) : `unit ${i + 1} of layer ${l}`;
        const box = element("button", { type: "button", class: "unit", id: `unit-${l}-${i}`, "aria-label": name, style: `left: ${left}px; top: ${topOf(l, i)}px` });
        const canvas = element("canvas", { width: String(SIDE), height: String(SIDE), "aria-hidden": "true" });
        if (plane) box.append(canvas);
        else box.textContent = l === 0 ? name.slice(0, 6) : String(i + 1);
        for (const kind of ["pointerenter", "focus"]) box.addEventListener(kind, () => look([l, i]));
        for (const kind of ["pointerleave", "blur"]) box.addEventListener(kind, () => look(null));
        net.append(box);
        units.push({ l, i, box, canvas });
      }
    });
    const paths = [];
    for (let l = 1; l < sizes.length; l += 1) {
      for (let i = 0; i < columns[l]; i += 1) {
        for (let j = 0; j < columns[l - 1]; j += 1) {
          const [x, y] = [15 + (l - 1) * step + TILE, topOf(l - 1, j) + TILE / 2];
          const [to, down] = [15 + l * step, topOf(l, i) + TILE / 2];
          const path = svgElement("path", { d: `M${x} ${y}C${x + gap / 2} ${y} ${to - gap / 2} ${down} ${to} ${down}` });
          paths.push(path);
          lines.push({ l, i, j, path });
        }
      }
    }
    svg.replaceChildren(...paths);
    if (active && !byId(active)?.matches(":focus")) byId(active)?.focus();
  }

  /** Look at a unit, or at the output again. @param {[number, number] | null} unit */
  function look(unit) {
    looked = unit;
    show();
  }

  /** @param {any} canvas @param {Float64Array} shades from −1 to 1 */
  function paint(canvas, shades) {
    const context = canvas.getContext("2d");
    const image = context.createImageData(SIDE, SIDE);
    const middle = document.documentElement.dataset.theme === "dark" ? [22, 24, 28] : [255, 255, 255];
    for (let k = 0; k < shades.length; k += 1) {
      const end = shades[k] > 0 ? [0xd5, 0x5e, 0x00] : [0x00, 0x72, 0xb2];
      const share = Math.min(Math.abs(shades[k]), 1);
      for (let c = 0; c < 3; c += 1) image.data[4 * k + c] = middle[c] + (end[c] - middle[c]) * share;
      image.data[4 * k + 3] = Number.isFinite(shades[k]) ? 255 : 0;
    }
    context.putImageData(image, 0, 0);
  }

  /** Paint each point in the colour of its class. @param {any} canvas @param {Float64Array[]} outputs */
  function paintClasses(canvas, outputs) {
    const context = canvas.getContext("2d");
    const image = context.createImageData(SIDE, SIDE);
    const middle = document.documentElement.dataset.theme === "dark" ? 22 : 255;
    for (let k = 0; k < outputs[0].length; k += 1) {
      const best = outputs.reduce((most, row, i) => (row[k] > outputs[most][k] ? i : most), 0);
      const colour = parseInt(COLOURS[best % COLOURS.length].slice(1), 16);
      [16, 8, 0].forEach((shift, c) => (image.data[4 * k + c] = middle + 0.45 * (((colour >> shift) & 255) - middle)));
      image.data[4 * k + 3] = 255;
    }
    context.putImageData(image, 0, 0);
  }

  /** Draw weights, the units' maps and the plane. */
  function drawNetwork() {
    if (!about || !now) return;
    const layers = layersOf(now.theta, about.sent);
    const most = lines.reduce((all, { l, i, j }) => Math.max(all, Math.abs(layers[l - 1].W[i * layers[l - 1].n_prev + j])), 0) || 1;
    for (const { l, i, j, path } of lines) {
      const w = layers[l - 1].W[i * layers[l - 1].n_prev + j];
      path.setAttribute("stroke-width", (0.3 + (6 * Math.abs(w)) / most).toFixed(2));
      path.setAttribute("class", w < 0 ? "below" : "above");
    }
    tell(layers);
    for (const { l, i, box } of units) box.classList.toggle("seen", looked?.[0] === l && looked[1] === i);
    if (!about.plane) return;
    const names = about.activations;
    const outputs = forward(grid, layers, names);
    /** @param {number} l @param {number} i */
    const shades = (l, i) => (l === 0 ? inputShades(i) : shadesOf(outputs[l][i], names[l - 1]));
    for (const { l, i, canvas } of units) paint(canvas, shades(l, i));
    const last = outputs[outputs.length - 1];
    const line = byId("marks").querySelector(".line");
    const shares = ["sigmoid", "softmax"].includes(names[names.length - 1]);
    if (looked) paint(byId("map"), shades(...looked));
    else if (last.length > 1) paintClasses(byId("map"), last);
    else paint(byId("map"), shades(names.length, 0));
    line.setAttribute("d", marginsOf(last, shares).map((margin) => levelLine(margin, SIDE)).join(""));
    byId("shown").textContent = looked ? `Output of ${nameOf(looked)}` : last.length > 1 ? "Class by class" : "Output of the network";
  }

  /** An input over the plane. @param {number} i */
  function inputShades(i) {
    const [low, high] = [about?.plane?.[2 * i] ?? 0, about?.plane?.[2 * i + 1] ?? 1];
    return grid[i].map((x) => (2 * (x - low)) / (high - low) - 1);
  }

  /** @param {[number, number]} unit */
  const nameOf = ([l, i]) => (l === 0 ? (about?.features[i] ?? `x${i + 1}`) : `unit ${i + 1} of layer ${l}`);

  /** Say of the unit that is looked at what its parameters are. @param {Layer[]} layers */
  function tell(layers) {
    if (!about) return;
    let text = "Point at a unit, or go to it with the Tab key, to look at it.";
    if (looked && looked[0] > 0) {
      const [l, i] = looked;
      const { W, b, n_prev } = layers[l - 1];
      const row = [...W.subarray(i * n_prev, i * n_prev + Math.min(n_prev, UNITS))].map((w) => number(w, 3));
      text = `${nameOf(looked)}, ${about.activations[l - 1]}: w = (${row.join(", ")}${n_prev > UNITS ? ", …" : ""}), b = ${number(b[i], 3)}`;
    } else if (looked) text = nameOf(looked);
    if (byId("unit").textContent !== text) byId("unit").textContent = text;
  }

  /** The examples, on the plane. */
  function markPoints() {
    if (!about?.plane || !about.points) return;
    const [left, right, bottom, top] = about.plane;
    const [[x1, x2], labels] = about.points;
    const { classes } = about;
    const low = Math.min(...labels);
    const range = Math.max(...labels) - low || 1;
    const size = x1.length > 100 ? 0.009 : 0.014;
    const dots = x1.map((x, k) => {
      const [at, down] = [(x - left) / (right - left), (top - x2[k]) / (top - bottom)];
      const label = classes.length ? labels[k] : Math.round((labels[k] - low) / range);
      const path = svgElement("path", { class: "dot", fill: COLOURS[label % COLOURS.length], d: marker(SHAPES[label % SHAPES.length], at, down, size) });
      return path;
    });
    byId("marks").replaceChildren(svgElement("path", { class: "line" }), ...dots);
    const legend = classes.map((name, i) => `${SHAPES[i % SHAPES.length]}: ${name}`).join("; ");
    byId("legend").textContent = `${legend ? `${legend}. ` : ""}Blue is low, orange high${classes.length ? "; the line is where the class changes" : ""}.`;
    const [across, up] = about.features;
    byId("axes").textContent = `${across} from ${number(left, 3)} to ${number(right, 3)}, across; ${up} from ${number(bottom, 3)} to ${number(top, 3)}, upwards`;
    byId("marks").setAttribute("aria-label", `the plane of ${across} and ${up}, with ${x1.length} examples`);
  }

  /** @param {string} kind @param {number} x @param {number} y @param {number} r */
  function marker(kind, x, y, r) {
    if (kind === "circle") return `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`;
    if (kind === "square") return `M${x - r} ${y - r}h${2 * r}v${2 * r}h${-2 * r}z`;
    if (kind === "triangle") return `M${x} ${y - r}l${r} ${2 * r}h${-2 * r}z`;
    return `M${x} ${y - 1.3 * r}l${1.3 * r} ${1.3 * r}l${-1.3 * r} ${1.3 * r}l${-1.3 * r} ${-1.3 * r}z`;
  }

  // --- numbers --------------------------------------------------------------------------------------------------------

  /** The curve of the cost so far. */
  function drawCurve() {
    const some = /** @type {[number, number][]} */ (trail.filter(([, J]) => J !== null && (!state.log || J > 0)));
    /** @param {number} J */
    const scale = (J) => (state.log ? Math.log10(J) : J);
    const heights = some.map(([, J]) => scale(J));
    const high = heights.reduce((all, x) => Math.max(all, x), -Infinity);
    const low = state.log ? heights.reduce((all, x) => Math.min(all, x), Infinity) : 0;
    const first = some[0]?.[0] ?? 0;
    const last = some[some.length - 1]?.[0] ?? 1;
    const points = some.map(([steps], k) => `${((300 * (steps - first)) / (last - first || 1)).toFixed(1)},${(120 - (110 * (heights[k] - low)) / (high - low || 1)).toFixed(1)}`);
    byId("curve").querySelector("polyline").setAttribute("points", points.join(" "));
    const ends = some.length ? `from ${number(some[0][1])} after ${first} steps to ${number(some[some.length - 1][1])} after ${last}` : "";
    const axis = some.length ? `; the axis goes from ${number(state.log ? 10 ** low : 0, 3)} to ${number(state.log ? 10 ** high : high, 3)}` : "";
    byId("ends").textContent = `${ends}${axis}`;
    byId("curve").setAttribute("aria-label", `the cost, ${ends}`);
    byId("log").setAttribute("aria-pressed", String(state.log));
  }

  /** How large the gradients are, layer by layer. */
  function drawGradients() {
    if (!about || !now) return;
    const [smallest, decades, parts] = about.decades;
    now.gradients.forEach((found, k) => {
      let figure = byId("histograms").children[k];
      if (!figure) {
        figure = element("figure", {});
        const svg = svgElement("svg", { viewBox: `0 0 ${decades * parts} 40`, preserveAspectRatio: "none", role: "img" });
        svg.append(svgElement("path", { class: "plus" }), svgElement("path", { class: "minus" }), svgElement("path", { class: "axis", d: `M0 20H${decades * parts}` }));
        const ticks = element("div", { class: "ticks", "aria-hidden": "true" });
        ticks.append(element("span", {}, `1e${number(smallest)}`), element("span", {}, `1e${number(smallest + Math.floor(decades / 2))}`), element("span", {}, String(10 ** (smallest + decades))));
        figure.append(element("figcaption", {}), svg, ticks);
        byId("histograms").append(figure);
      }
      const most = found ? Math.max(1, ...found.counts[0], ...found.counts[1]) : 1;
      ["plus", "minus"].forEach((name, side) => {
        const bars = (found?.counts[side] ?? []).map((count, x) => (count ? `M${x + 0.1} 20h.8v${((side ? 1 : -1) * 19 * count) / most}h-.8z` : ""));
        figure.querySelector(`.${name}`).setAttribute("d", bars.join(""));
      });
      const norm = found ? (found.norm === null ? "not finite" : `length ${number(found.norm, 3)}`) : "none yet";
      const lost = found?.lost ? `; ${found.lost} below 1e${number(smallest)}` : "";
      const text = `layer ${k + 1}: ${norm}${lost}`;
      figure.querySelector("figcaption").textContent = text;
      figure.querySelector("svg").setAttribute("aria-label", `gradients of ${text}`);
    });
  }

  /** The moment in words. @param {Moment} moment */
  function wordsOf({ steps, passes, J, right, rate }) {
    const share = right === null ? "" : `, ${number(100 * right, 3)} % right`;
    const of = about && about.measured < about.m ? ` of ${about.measured} of the ${about.m} examples` : "";
    return `${steps} step${steps === 1 ? "" : "s"}, ${number(passes)} pass${passes === 1 ? "" : "es"}: J = ${J === null ? "not finite" : number(J)}${of}${share}, α = ${number(rate)}`;
  }

  let asked = 0;
  /** Show the moment, once a frame. */
  function show() {
    cancelAnimationFrame(asked);
    asked = requestAnimationFrame(() => {
      if (!now) return;
      byId("numbers").textContent = wordsOf(now);
      drawNetwork();
      drawCurve();
      drawGradients();
    });
  }

  /** Put what is chosen into the address. */
  function keep() {
    const kept = new URLSearchParams();
    if (state.theme !== "auto") kept.set("theme", state.theme);
    if (state.log) kept.set("log", "1");
    if (!data.live && state.at >= 0) kept.set("at", String(state.at));
    try {
      history.replaceState(null, "", `${location.pathname}${location.search}#${kept}`);
    } catch {
      // a page in a frame of a notebook has no address
    }
  }

  /** Begin with a network. @param {About} next */
  function begin(next) {
    about = next;
    looked = null;
    trail = next.trail;
    if (next.plane) grid = gridOf(next.plane, SIDE);
    byId("over").hidden = !next.plane;
    byId("histograms").replaceChildren();
    layOut();
    markPoints();
    offer();
    show();
  }

  // --- a training that goes on ----------------------------------------------------------------------------------------

  /** Offer what can be chosen. */
  function offer() {
    if (!about) return;
    const { controls, choices, setting } = about;
    byId("training").hidden = controls.length === 0;
    for (const id of ["example", "batch", "epoch", "restart", "fresh", "pace", "rate"]) {
      const one = byId(id);
      (one.closest("label") ?? one).hidden = !controls.includes(id);
    }
    document.querySelectorAll(".chosen").forEach((one) => /** @type {any} */ (one).toggleAttribute("hidden", !controls.includes("units")));
    for (const [id, name] of [["data-name", "data"], ["size", "batch"], ["hidden", "hidden"], ["pace", "pace"]]) {
      const list = byId(id);
      list.replaceChildren(...(choices[name] ?? []).map((one) => element("option", { value: one }, one)));
      list.value = setting[name] ?? "";
    }
    byId("save").hidden = !controls.includes("save");
    byId("save").setAttribute("href", `recording${location.search}`);
  }

  /** Ask the server to do something. @param {Record<string, unknown>} what */
  async function order(what) {
    try {
      const answer = await fetch(`do${location.search}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(what) });
      const wrong = await answer.text();
      if (wrong) say(wrong);
    } catch {
      say("The program that trains does not answer.");
    }
  }

  /** Take a moment from the server. @param {Moment} moment */
  function take(moment) {
    const before = now;
    now = moment;
    const last = trail[trail.length - 1];
    if (!last || last[0] < moment.steps) trail.push([moment.steps, moment.J]);
    if (trail.length > 2000) trail = trail.filter((_, k) => k % 2 === 0);
    byId("run").setAttribute("aria-pressed", String(moment.running));
    byId("numbers").setAttribute("aria-live", moment.running ? "off" : "polite");
    if (document.activeElement !== byId("rate")) byId("rate").value = String(moment.rate);
    if (moment.said) say(moment.said);
    else if (!moment.running) say("Paused.");
    else if (!before?.running) say("Training.");
    show();
  }

  /** Follow the server; the browser connects again by itself where the line breaks. */
  function follow() {
    const source = new EventSource(`events${location.search}`);
    let broken = 0;
    source.addEventListener("about", (event) => {
      broken = 0;
      begin(JSON.parse(event.data));
    });
    source.addEventListener("moment", (event) => take(JSON.parse(event.data)));
    source.addEventListener("end", (event) => {
      source.close();
      say(JSON.parse(event.data));
      byId("training").hidden = byId("choices").querySelector(".chosen").hidden = true;
    });
    source.addEventListener("error", () => {
      broken += 1;
      if (broken < 5 && source.readyState !== EventSource.CLOSED) return;
      source.close();
      say("The program that trains has ended; this is what was seen last.");
    });
  }

  /** @param {string} id @param {() => Record<string, unknown>} what @param {string} [kind] */
  const orders = (id, what, kind = "click") => byId(id).addEventListener(kind, () => order(what()));
  orders("run", () => ({ do: now?.running ? "pause" : "run" }));
  document.querySelectorAll(".step").forEach((one) => orders(one.id, () => ({ do: "step", of: one.id })));
  orders("restart", () => ({ do: "restart" }));
  orders("fresh", () => ({ do: "fresh" }));
  orders("rate", () => ({ do: "set", what: "rate", to: Number(byId("rate").value) }), "change");
  orders("pace", () => ({ do: "set", what: "pace", to: byId("pace").value }), "change");
  orders("data-name", () => ({ do: "set", what: "data", to: byId("data-name").value }), "change");
  orders("size", () => ({ do: "set", what: "batch", to: byId("size").value }), "change");
  orders("hidden", () => ({ do: "set", what: "hidden", to: byId("hidden").value }), "change");
  orders("fewer", () => ({ do: "layers", by: -1 }));
  orders("more", () => ({ do: "layers", by: 1 }));

  // --- a training that was recorded -----------------------------------------------------------------------------------

  const moments = data.moments ?? [];
  const end = moments.length - 1;
  let timer = 0;

  /** @param {number} at @param {boolean} [spoken] */
  function go(at, spoken = true) {
    state.at = Math.max(0, Math.min(at, end));
    now = moments[state.at];
    trail = moments.slice(0, state.at + 1).map(({ steps, J }) => [steps, J]);
    byId("slider").value = String(state.at);
    byId("slider").setAttribute("aria-valuetext", wordsOf(now));
    if (spoken) say(state.at === end && now.said ? now.said : `Moment ${state.at + 1} of ${end + 1}.`);
    show();
    byId("numbers").setAttribute("aria-live", spoken ? "polite" : "off");
    if (spoken) keep();
  }

  /** Play to the end, or stop. */
  function play() {
    const playing = timer === 0;
    clearInterval(timer);
    timer = 0;
    if (playing) {
      if (state.at === end) go(0);
      say("Playing.");
      timer = setInterval(() => {
        go(state.at + 1, state.at + 1 >= end);
        if (state.at === end) play();
      }, 100);
    } else go(state.at);
    byId("play").setAttribute("aria-pressed", String(playing));
  }

  // --- all together ---------------------------------------------------------------------------------------------------

  byId("theme").addEventListener("change", () => {
    state.theme = byId("theme").value;
    dress(state.theme);
    keep();
    show();
  });
  dark.addEventListener("change", () => {
    dress(state.theme);
    show();
  });
  byId("log").addEventListener("click", () => {
    state.log = !state.log;
    keep();
    show();
  });
  /** @type {Record<string, () => void>} */
  const keys = data.live
    ? { " ": () => byId("run").click(), e: () => byId("example").click(), b: () => byId("batch").click(), p: () => byId("epoch").click() }
    : { ArrowRight: () => go(state.at + 1), ArrowLeft: () => go(state.at - 1), Home: () => go(0), End: () => go(end), " ": play };
  document.addEventListener("keydown", (event) => {
    const typing = /^(input|select|button|textarea|a)$/i.test(/** @type {any} */ (event.target).tagName);
    if (typing || event.altKey || event.ctrlKey || event.metaKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
  let resized = 0;
  window.addEventListener("resize", () => {
    clearTimeout(resized);
    resized = setTimeout(() => {
      layOut();
      show();
    }, 100);
  });
  dress(state.theme);
  if (data.live) {
    say("Waiting for the program that trains.");
    follow();
  } else if (data.about) {
    byId("replay").hidden = false;
    byId("slider").max = String(end);
    begin(data.about);
    for (const [id, to] of /** @type {[string, () => number][]} */ ([
      ["first", () => 0],
      ["back", () => state.at - 1],
      ["next", () => state.at + 1],
      ["last", () => end],
    ])) {
      byId(id).addEventListener("click", () => go(to()));
    }
    byId("slider").addEventListener("input", () => go(Number(byId("slider").value)));
    byId("play").addEventListener("click", play);
    go(state.at < 0 ? end : state.at, true);
  }
})();
