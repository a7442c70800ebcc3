// A straight line through points, and how straight they are.

/**
 * The line with the least relative errors: every point counts the same, the small ones too.
 *
 * @param {{ x: number, y: number }[]} points none of them at y = 0
 * @returns {{ intercept: number, slope: number, r2: number, departure: number }} `departure` is the largest distance
 * between a point and the line, as a share of the line
 */
export function fitLine(points) {
  let weights = 0;
  let sumX = 0;
  let sumY = 0;
  for (const { x, y } of points) {
    weights += 1 / y ** 2;
    sumX += x / y ** 2;
    sumY += 1 / y;
  }
  const meanX = sumX / weights;
  const meanY = sumY / weights;
  let covariance = 0;
  let variance = 0;
  for (const { x, y } of points) {
    covariance += ((x - meanX) * (y - meanY)) / y ** 2;
    variance += (x - meanX) ** 2 / y ** 2;
  }
  const slope = covariance / variance;
  const intercept = meanY - slope * meanX;

  const mean = points.reduce((sum, { y }) => sum + y, 0) / points.length;
  let unexplained = 0;
  let total = 0;
  let departure = 0;
  for (const { x, y } of points) {
    const line = intercept + slope * x;
    unexplained += (y - line) ** 2;
    total += (y - mean) ** 2;
    departure = Math.max(departure, Math.abs(y / line - 1));
  }
  return { intercept, slope, r2: 1 - unexplained / total, departure };
}
