// How numbers are written on the page: as in rules/notation.py, against which this is tested.
// @ts-check

/** The exact decimal digits of a number: 6 is ['600…', 0], −0.5 is ['500…', −1]. @param {number} x @returns {[string, number]} */
function digitsOf(x) {
  const [mantissa, exponent] = Math.abs(x).toExponential(100).split("e");
  return [mantissa.replace(".", ""), Number(exponent)];
}

/** A number in whole units of 10^place, a tie to the even one. @param {number} x @param {number} place @returns {bigint} */
function unitsOf(x, place) {
  const [digits, exponent] = digitsOf(x);
  const kept = exponent - place + 1;
  if (kept < 0 || x === 0) return 0n;
  const whole = BigInt(digits.slice(0, kept).padEnd(kept, "0") || "0");
  const rest = digits.slice(kept);
  const half = "5".padEnd(rest.length, "0");
  const up = rest > half || (rest === half && rest !== "" && whole % 2n === 1n) ? 1n : 0n;
  return x < 0 ? -(whole + up) : whole + up;
}

/** A sign, digits and the exponent of the first, as a number is written. @param {string} sign @param {string} units @param {number} exponent @param {number} digits */
function writeDigits(sign, units, exponent, digits) {
  const some = units.replace(/0+$/, "");
  if (exponent < -4 || exponent >= digits) {
    const power = exponent < 0 ? `−${-exponent}` : String(exponent);
    return `${sign}${some[0]}${some.length > 1 ? `.${some.slice(1)}` : ""}e${power}`;
  }
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${some}`;
  const whole = some.slice(0, exponent + 1).padEnd(exponent + 1, "0");
  return `${sign}${whole}${some.length > exponent + 1 ? `.${some.slice(exponent + 1)}` : ""}`;
}

/** So many significant digits and a real minus sign: −0.4761, 6, 1.2e−5. @param {number} x @param {number} [digits] */
function number(x, digits = 4) {
  if (Number.isNaN(x)) return "nan";
  const sign = x < 0 ? "−" : "";
  if (!Number.isFinite(x)) return `${sign}∞`;
  if (x === 0) return "0";
  const one = Math.abs(x).toExponential(digits); // a digit more than is written
  if (!one.includes("5e") || Number(one) !== Math.abs(x)) {
    const [mantissa, power] = Math.abs(x).toExponential(digits - 1).split("e");
    return writeDigits(sign, mantissa.replace(".", ""), Number(power), digits);
  }
  let exponent = digitsOf(x)[1]; // it may be a tie, which goes to the even digit
  let units = String(unitsOf(Math.abs(x), exponent - digits + 1));
  if (units.length > digits) {
    exponent += 1; // 9.9999 is 10
    units = units.slice(0, digits);
  }
  return writeDigits(sign, units, exponent, digits);
}

/** A sum broken before its signs into so many rows at most, of 28 characters where that can be. @param {string} text @param {number} most */
function breakSum(text, most) {
  const rows = [""];
  for (const piece of text.split(/(?= [+−=≈] )/)) {
    const last = rows.length - 1;
    if (rows[last] && rows.length < most && rows[last].length + piece.length > 28) rows.push(piece.trimStart());
    else rows[last] += piece;
  }
  return rows;
}

/** A sum with its signs between: 0.3 − 1.35 + 2. @param {number[]} terms @param {number} [digits] */
function writeSum(terms, digits = 4) {
  const signed = terms.slice(1).map((x) => (x < 0 ? ` − ${number(-x, digits)}` : ` + ${number(x, digits)}`));
  return number(terms[0], digits) + signed.join("");
}

/** A sum and what it comes to, all rounded at one place. @param {number[]} terms @param {number} total */
function addition(terms, total) {
  const tried = [4, 3, 5];
  const numbers = [...terms, total];
  if (!numbers.every(Number.isFinite)) return `${writeSum(terms)} = ${number(total)}`;
  const top = Math.floor(Math.log10(Math.max(...numbers.map(Math.abs)) || 1));
  let close = "";
  for (const shown of tried) {
    const place = top - shown + 1;
    const parts = numbers.map((x) => unitsOf(x, place));
    if (!parts.every((part, i) => part !== 0n || numbers[i] === 0)) continue;
    const rounded = parts.map((part) => Number(`${part}e${place}`));
    const left = writeSum(rounded.slice(0, -1), shown + 1);
    const right = number(rounded[rounded.length - 1], shown + 1);
    if (parts.slice(0, -1).reduce((sum, part) => sum + part, 0n) === parts[parts.length - 1]) return `${left} = ${right}`;
    close ||= `${left} ≈ ${right}`;
  }
  return close || `${writeSum(terms)} ≈ ${number(total)}`;
}

/** A gradient as the sum that it is, where it is one. @param {number[]} terms @param {number} total */
function gradientText(terms, total) {
  if (terms.length < 2) return number(total);
  return terms.length > 6 ? `${number(total)} (Σ ${terms.length} uses)` : addition(terms, total);
}

/** A step of the sweep: 3 × 2 = 6. @param {number} grad @param {number} slope @param {number} flow */
function stepText(grad, slope, flow) {
  return `${number(grad)} × ${slope < 0 ? `(${number(slope)})` : number(slope)} = ${number(flow)}`;
}

/** Terms as a sum that is not complete. @param {string[]} terms */
function plus(terms) {
  const rest = terms.slice(1).map((term) => (term.startsWith("−") ? ` − ${term.slice(1)}` : ` + ${term}`));
  return `${terms[0]}${rest.join("")} + …`;
}

/** What somebody typed: 6, −0.5, 4 + 5, 3 × 2, 1/3; NaN for anything else. @param {string} text */
function typed(text) {
  const plain = text.replace(/[−–]/g, "-").replace(/[×·]/g, "*").replace(/,/g, ".").replace(/\s+/g, "");
  const one = "(?:\\d+\\.?\\d*|\\.\\d+)(?:e[+-]?\\d+)?";
  const product = `${one}(?:[*/]-?${one})*`;
  if (!new RegExp(`^[+-]?${product}(?:[+-]${product})*$`, "i").test(plain)) return NaN;
  const terms = plain.match(new RegExp(`[+-]?${product}`, "gi")) ?? [];
  return terms
    .map((term) =>
      term
        .split(/(?=[*/])/)
        .reduce((all, x, i) => (i === 0 ? Number(x) : x[0] === "*" ? all * Number(x.slice(1)) : all / Number(x.slice(1))), 0),
    )
    .reduce((sum, x) => sum + x, 0);
}
