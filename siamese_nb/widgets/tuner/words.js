// Numbers and words of the tuner.

const GROUPED = new Intl.NumberFormat("en-US"); // made once: toLocaleString makes one a call, and shows in a drag

function whole(count) {
  return GROUPED.format(count);
}

function ratio(part, whole) {
  return whole ? part / whole : NaN;
}

// A rate is shown as 0% or 100% only if it is.
function percent(share) {
  if (Number.isNaN(share)) return "–";
  if (share === 0 || share === 1) return `${100 * share}%`;
  if (share < 0.00005) return "under 0.01%";
  if (share > 0.99995) return "over 99.99%";
  return `${(100 * share).toFixed(share < 0.0995 || share > 0.9995 ? 2 : 1)}%`;
}

function inWords(threshold) {
  const rounded = Number(threshold.toFixed(5));
  return rounded === threshold || (rounded > 0 && rounded < 1) ? rounded.toFixed(Math.max(3, String(rounded).length - 2)) : String(threshold);
}

function figure(value) {
  if (!Number.isFinite(value)) return "–";
  return value === 0 ? "0" : value.toPrecision(3).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
}

// What was typed, or why it cannot be used: the field is marked, and `message` says what is needed.
function readNumber(input, { label, fits, need }) {
  const value = input.value === "" ? NaN : Number(input.value);
  const good = Number.isFinite(value) && fits(value);
  input.setAttribute("aria-invalid", String(!good));
  return { value, message: good ? undefined : `${label}: a number is needed, ${need}.` };
}
