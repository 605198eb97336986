/* Whoever points at a link, or comes to it by keyboard, will most likely follow it: the page's script is fetched then. */

import { matchRoutes, type RouteObject } from "react-router";
import { BASE } from "./place";

export function preloadOnApproach(routes: RouteObject[]): void {
  const known = new Set<string>();
  const approach = ({ target }: Event) => {
    const link = target instanceof Element ? target.closest<HTMLAnchorElement>(`a[href^="${BASE}/"]`) : null;
    const path = link?.pathname;
    if (!path || known.has(path)) return;
    known.add(path);
    for (const { route } of matchRoutes(routes, path, BASE) ?? [])
      if (typeof route.lazy === "function") route.lazy().catch(() => {}); // following the link says so
  };
  for (const kind of ["pointerover", "focusin", "touchstart"])
    document.addEventListener(kind, approach, { passive: true });
}
