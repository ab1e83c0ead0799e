// What each unit of a network makes of a grid of points: from the parameters, as microgradnn/nn/layers.py does.
// @ts-check

/** @typedef {{n: number, n_prev: number, W: Float32Array, b: Float32Array, slope: number}} Layer W row by row */
/** @typedef {[number, number, number, number]} Plane left, right, bottom, top */

/** The layers of a moment: W, b and the slope of each, as floats of 32 bits in Base64. @param {string} theta @param {number[]} sizes */
function layersOf(theta, sizes) {
  const bytes = Uint8Array.from(atob(theta), (c) => c.charCodeAt(0));
  const all = new Float32Array(bytes.buffer);
  let at = 0;
  return sizes.slice(1).map((n, i) => {
    const n_prev = sizes[i];
    const W = all.subarray(at, at + n * n_prev);
    const b = all.subarray(at + n * n_prev, at + n * n_prev + n);
    at += n * n_prev + n + 1;
    return /** @type {Layer} */ ({ n, n_prev, W, b, slope: all[at - 1] });
  });
}

/** Points in rows from the top left: x1 and x2 of each. @param {Plane} plane @param {number} side how many there are in a row */
function gridOf([left, right, bottom, top], side) {
  const x1 = new Float64Array(side * side);
  const x2 = new Float64Array(side * side);
  for (let i = 0; i < side * side; i += 1) {
    x1[i] = left + ((right - left) * (i % side)) / (side - 1);
    x2[i] = top - ((top - bottom) * Math.floor(i / side)) / (side - 1);
  }
  return [x1, x2];
}

/** The outputs of every unit, layer by layer, the inputs first. @param {Float64Array[]} inputs @param {Layer[]} layers @param {string[]} names */
function forward(inputs, layers, names) {
  const found = [inputs];
  layers.forEach(({ n, n_prev, W, b, slope }, l) => {
    const before = found[l];
    const z = Array.from({ length: n }, (_, i) => {
      const row = new Float64Array(inputs[0].length).fill(b[i]);
      for (let j = 0; j < n_prev; j += 1) {
        const [w, a] = [W[i * n_prev + j], before[j]];
        for (let k = 0; k < row.length; k += 1) row[k] += w * a[k];
      }
      return row;
    });
    found.push(names[l] === "softmax" ? softmax(z) : z.map((row) => row.map((x) => activations[names[l]](x, slope))));
  });
  return found;
}

/** @param {Float64Array[]} z */
function softmax(z) {
  const most = z[0].map((_, k) => Math.max(...z.map((row) => row[k])));
  const e = z.map((row) => row.map((x, k) => Math.exp(x - most[k])));
  const sum = most.map((_, k) => e.reduce((all, row) => all + row[k], 0));
  return e.map((row) => row.map((x, k) => x / sum[k]));
}

/** What is 0 on the line between classes: above ½, or above all others. @param {Float64Array[]} outputs @param {boolean} shares */
function marginsOf(outputs, shares) {
  if (outputs.length === 1) return shares ? [outputs[0].map((a) => a - 0.5)] : [];
  return outputs.map((row, i) => row.map((a, k) => a - Math.max(...outputs.filter((_, j) => j !== i).map((other) => other[k]))));
}

/** The line on which a function is 0, as a path in the unit square: marching squares. @param {Float64Array} height @param {number} side */
function levelLine(height, side) {
  const pieces = [];
  /** @param {number} i @param {number} j */
  const cross = (i, j) => {
    const t = height[i] / (height[i] - height[j]);
    const [x, y] = [(i % side) * (1 - t) + (j % side) * t, Math.floor(i / side) * (1 - t) + Math.floor(j / side) * t];
    return `${(x / (side - 1)).toFixed(4)} ${(y / (side - 1)).toFixed(4)}`;
  };
  for (let row = 0; row < side - 1; row += 1) {
    for (let column = 0; column < side - 1; column += 1) {
      const k = row * side + column;
      const ring = [k, k + 1, k + side + 1, k + side]; // around the cell
      const found = [];
      for (let i = 0; i < 4; i += 1) {
        const [here, there] = [ring[i], ring[(i + 1) % 4]];
        if (height[here] > 0 !== height[there] > 0) found.push(cross(here, there));
      }
      for (let i = 0; i + 1 < found.length; i += 2) pieces.push(`M${found[i]}L${found[i + 1]}`);
    }
  }
  return pieces.join("");
}

/** A unit's outputs as numbers from −1 to 1, what is nothing in the middle. @param {Float64Array} a @param {string} name of its activation */
function shadesOf(a, name) {
  if (name === "sigmoid" || name === "softmax") return a.map((x) => 2 * x - 1);
  const most = name === "tanh" ? 1 : a.reduce((all, x) => Math.max(all, Math.abs(x)), 0) || 1;
  return a.map((x) => x / most);
}
