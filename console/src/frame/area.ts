/* An area of the console: its entries in the side navigation, and its routes. Pages are loaded when they are gone to. */

import type { RouteObject } from "react-router";
import type { Role } from "./session";
import type { Pair } from "./words";

export interface AreaLink {
  /** Path below the place, such as `identities`. */
  to: string;
  text: Pair;
  /** The least role that sees it. Default: viewer. */
  needs?: Role;
  /** Only where the rehearsal internet runs. */
  onlyInRehearsal?: boolean;
}

export interface Area {
  links: AreaLink[];
  /** Paths relative to `/console/<account>/<region>/`; each with `lazy`. */
  routes: RouteObject[];
}
