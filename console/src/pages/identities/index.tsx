/* Identities: domains and addresses that mail is sent from, and the proof that they may. */

import type { Area } from "../../frame/area";

export const area: Area = {
  links: [{ to: "identities", text: ["Identities", "ID"] }],
  routes: [
    { path: "identities", lazy: () => import("./Identities") },
    // No identity is called "-".
    { path: "identities/-/create", lazy: () => import("./Create") },
    { path: "identities/:name", lazy: () => import("./Identity") },
    { path: "identities/:name/send-test", lazy: () => import("./SendTest") },
  ],
};
