/** A clock that goes on by a millisecond each time it is looked at, and random numbers from a seed. */
export function seeded(seed = 1): { now(): number; random(): number } {
  let time = Date.UTC(2026, 0, 1);
  let state = seed;
  return {
    now: () => ++time,
    random() {
      state = (state * 48271) % 2147483647;
      return state / 2147483647;
    },
  };
}
