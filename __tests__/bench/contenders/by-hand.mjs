// What the hand-written contenders share: paths and origins, no more.
import { withId } from '../cases.mjs';

/** @param {string} path `/users/{id}` as a function of the id */
export function pathMaker(path) {
  const [before, after] = path.split('{id}');
  return (id) => before + encodeURIComponent(id) + after;
}

/** @param {string} route `/users/{id}` in Express' words */
export function expressRoute(route) {
  return route.replace('{id}', ':id');
}

/** @param {string} route the part of a route before its id */
export function prefixOf(route) {
  return withId(route).slice(0, route.indexOf('{id}'));
}
