/** Index of the row that holds `ns`, clamped to the first and the last. `edges`: start of each row and the end of the last. */
export function locate(edges: ArrayLike<number>, ns: number): number {
  let low = 0
  let high = edges.length - 2
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (edges[middle]! <= ns) low = middle
    else high = middle - 1
  }
  return low
}
