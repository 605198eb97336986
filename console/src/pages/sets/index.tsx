/* Configuration sets and their event destinations. */

import type { Area } from "../../frame/area";

export const area: Area = {
  links: [{ to: "configuration-sets", text: ["Configuration sets", "設定セット"] }],
  routes: [
    { path: "configuration-sets", lazy: () => import("./Sets") },
    // No set can be called so: the path of a set goes on with other words.
    { path: "configuration-sets/-/create", lazy: () => import("./Create") },
    { path: "configuration-sets/:name", lazy: () => import("./Set") },
    { path: "configuration-sets/:name/add-destination", lazy: () => import("./NewDestination") },
    { path: "configuration-sets/:name/destinations/:destination", lazy: () => import("./Destination") },
  ],
};
