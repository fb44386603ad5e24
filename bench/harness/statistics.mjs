export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** Median, extremes, and the median absolute deviation from the median: a spread that one disturbed round does not move. */
export function summarize(values) {
  const middle = median(values);
  return {
    median: middle,
    min: Math.min(...values),
    max: Math.max(...values),
    mad: median(values.map((value) => Math.abs(value - middle))),
    rounds: values.length,
  };
}

/** Jain's fairness index of what each thread got: 1 where all got the same, 1/n where one got everything. */
export function fairness(shares) {
  const sum = shares.reduce((a, b) => a + b, 0);
  return sum === 0 ? 1 : sum ** 2 / (shares.length * shares.reduce((a, b) => a + b ** 2, 0));
}
