// Numbers in words, and tables as text.

// Two numbers that differ are never shown as the same: 0.596 against 0.604 is not "0.60 against 0.60".
function inWords(score, threshold) {
  let digits = 2;
  while (digits < 6 && score !== threshold && score.toFixed(digits) === threshold.toFixed(digits)) digits += 1;
  return [score.toFixed(digits), threshold.toFixed(digits)];
}

function percent(probability) {
  if (probability > 0.995) return "over 99%";
  if (probability < 0.005) return "under 1%";
  return `${Math.round(100 * probability)}%`;
}

const VERDICT = { similar: "Similar", "not similar": "Not similar" };

function inPercent({ probability, probability_low: low, probability_high: high }, prevalence) {
  const known = typeof low === "number" && typeof high === "number" && percent(low) !== percent(high);
  const interval = known ? ` (95% interval: ${percent(low)} to ${percent(high)})` : "";
  const share = prevalence === undefined ? "" : `, if ${Math.round(100 * prevalence)} of 100 pairs do`;
  const words = `${percent(probability)} probable that both show the same thing${share}${interval}.`;
  return words[0].toUpperCase() + words.slice(1);
}

function signed(value) {
  return `${value < 0 ? "\u2212" : "+"}${Math.abs(value).toFixed(2)}`;
}

function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}

function plural(count, one, many = `${one}s`) {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

// ---- tables for a spreadsheet

function toCsv(columns, rows) {
  // A leading apostrophe keeps a spreadsheet from running a file's name as a formula.
  const quote = (value) => `"${String(value ?? "").replace(/^[=+@\t]/, "'$&").replaceAll('"', '""')}"`;
  return [columns.join(","), ...rows.map((row) => columns.map((column) => quote(row[column])).join(","))].join("\r\n");
}

function save(name, csv) {
  const url = URL.createObjectURL(new Blob([csv], { type: "text/csv" }));
  element("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
