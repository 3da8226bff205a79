import { signal } from '@preact/signals';
import { hrefOf, parseRoute, type Route } from '../model/route.ts';

/** Where the reader is. */
export const route = signal<Route>(parseRoute(location.hash));

window.addEventListener('hashchange', () => {
  route.value = parseRoute(location.hash);
});

/** Goes somewhere, so that the browser's Back returns. */
export function goTo(next: Route): void {
  location.hash = hrefOf(next);
}

/** Changes the address of the place where the reader is, as a filter does: Back does not go through each. */
export function replaceRoute(next: Route): void {
  history.replaceState(null, '', hrefOf(next));
  route.value = next;
}
