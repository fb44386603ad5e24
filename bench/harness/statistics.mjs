/** The value below which that share of all values lies, between two of them in proportion. */
function quantile(sorted, share) {
  const at = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return low + (high - low) * (at - Math.floor(at));
}

export const median = (values) =>
  quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  );

/** Median, quartiles and extremes: between the quartiles lies the middle half, which a few disturbed rounds do not move. */
export function summarize(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return {
    median: quantile(sorted, 0.5),
    q1: quantile(sorted, 0.25),
    q3: quantile(sorted, 0.75),
    min: sorted[0],
    max: sorted.at(-1),
    rounds: sorted.length,
  };
}

/** Jain's fairness index of what each thread got: 1 where all got the same, 1/n where one got everything. */
export function fairness(shares) {
  const sum = shares.reduce((a, b) => a + b, 0);
  return sum === 0 ? 1 : sum ** 2 / (shares.length * shares.reduce((a, b) => a + b ** 2, 0));
}
