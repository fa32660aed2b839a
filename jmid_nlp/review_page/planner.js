// What reading a random sample proves: exact one-sided binomial bounds (Clopper and Pearson), as in jmid_nlp/deid/planner.py.

/** The chance of at most k leaks in n reports when each holds one with probability p. */
function atMost(k, n, p) {
  if (p <= 0) return 1;
  if (p >= 1) return k >= n ? 1 : 0;
  let sum = 0;
  let choose = 0; // logarithm of the binomial coefficient
  for (let i = 0; i <= Math.min(k, n); i += 1) {
    if (i > 0) choose += Math.log((n - i + 1) / i);
    sum += Math.exp(choose + i * Math.log(p) + (n - i) * Math.log1p(-p));
  }
  return Math.min(1, sum);
}

/** Upper bound of the rate of reports with a leak, after k were found in n that were drawn at random. */
function upperBound(k, n, confidence) {
  if (k >= n) return 1;
  let low = k / n;
  let high = 1;
  for (let step = 0; step < 100 && high - low > 1e-15; step += 1) {
    const middle = (low + high) / 2;
    if (atMost(k, n, middle) > 1 - confidence) low = middle;
    else high = middle;
  }
  return high;
}

/** The fewest reports that bound the rate below `bound` when at most `allowed` of them hold a leak. */
function reportsNeeded(bound, confidence, allowed) {
  const enough = (n) => atMost(allowed, n, bound) < 1 - confidence;
  let low = allowed + 1;
  let high = 2 * (allowed + 1);
  while (!enough(high)) [low, high] = [high, 2 * high];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (enough(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The rule of three, for a sample without a leak; at another confidence its constant is another one. */
function ruleOfThree(n, confidence) {
  return Math.min(1, (confidence === 0.95 ? 3 : -Math.log(1 - confidence)) / n);
}
