import { getHeapStatistics } from 'node:v8';

/** What all requests of a gateway may hold in memory together, and what they do hold; in bytes. */
export interface BufferBudget {
  limit: number;
  used: number;
}

/** What one request holds: its body, the answers of its backends, its own answer. */
export interface Held {
  readonly budget: BufferBudget;
  bytes: number;
  isReleased: boolean;
}

/** Of the largest possible heap. */
const SHARE = 4;

export function createBufferBudget(): BufferBudget {
  return { limit: Math.floor(getHeapStatistics().heap_size_limit / SHARE), used: 0 };
}

/** The share of a request, which holds nothing yet. */
export function openHeld(budget: BufferBudget): Held {
  return { budget, bytes: 0, isReleased: false };
}

/** Whether so many bytes more would fit. Without a budget everything does. */
export function hasRoom(held: Held | undefined, bytes: number): boolean {
  return held === undefined || held.isReleased || held.budget.used + bytes <= held.budget.limit;
}

/** Counts bytes that are about to be held; false where they do not fit, and are not counted. */
export function take(held: Held | undefined, bytes: number): boolean {
  if (held === undefined || held.isReleased) return true;
  const used = held.budget.used + bytes;
  if (used > held.budget.limit) return false;
  held.budget.used = used;
  held.bytes += bytes;
  return true;
}

/** Bytes that are no longer held, of those that were taken. */
export function give(held: Held | undefined, bytes: number): void {
  if (held === undefined || held.isReleased) return;
  held.budget.used -= bytes;
  held.bytes -= bytes;
}

/** From now on the request holds nothing but these: what they were made of is not counted any more. They are never refused. */
export function holdOnly(held: Held | undefined, bytes: number): void {
  give(held, (held?.bytes ?? 0) - bytes);
}

/** The request is over. What goes on behind it, such as filling a cache, is not counted. */
export function release(held: Held): void {
  give(held, held.bytes);
  held.isReleased = true;
}
