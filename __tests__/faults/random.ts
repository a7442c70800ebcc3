/** A seeded source of chance: everything the lab does is drawn from one of these, so that a seed replays a run. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** An integer in [low, high]. */
  int(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(list: readonly T[]): T;
  /** Lower-case hex digits. */
  hex(length: number): string;
}

/** Small, fast and good enough to pick test cases: sfc32 seeded by the words given. */
export function createRandom(...seeds: readonly number[]): Random {
  let a = 0x9e3779b9;
  let b = 0x243f6a88;
  let c = 0xb7e15162;
  let counter = 1;
  for (const seed of seeds) {
    a ^= seed | 0;
    b ^= Math.imul(seed | 0, 0x85ebca6b);
    c ^= Math.floor(seed / 0x100000000);
    for (let round = 0; round < 12; round++) step();
  }

  function step(): number {
    const t = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t;
    return t >>> 0;
  }

  function next(): number {
    return step() / 0x100000000;
  }

  function int(low: number, high: number): number {
    return low + Math.floor(next() * (high - low + 1));
  }

  function chance(probability: number): boolean {
    return next() < probability;
  }

  function pick<T>(list: readonly T[]): T {
    const item = list[Math.floor(next() * list.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }

  function hex(length: number): string {
    let text = '';
    while (text.length < length) text += step().toString(16).padStart(8, '0');
    return text.slice(0, length);
  }

  return { next, int, chance, pick, hex };
}
