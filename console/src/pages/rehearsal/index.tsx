/* The rehearsal internet, where it runs: its DNS, its mailboxes, its providers, its clock. */

import type { Area } from "../../frame/area";

export const area: Area = {
  links: [
    { to: "rehearsal/dns", text: ["DNS panel", "DNS パネル"], needs: "operator", onlyInRehearsal: true },
    { to: "rehearsal/mail", text: ["Received mail", "受信メール"], needs: "operator", onlyInRehearsal: true },
    {
      to: "rehearsal/providers",
      text: ["Mail providers", "メールプロバイダー"],
      needs: "operator",
      onlyInRehearsal: true,
    },
    { to: "rehearsal/clock", text: ["Clock", "時計"], needs: "operator", onlyInRehearsal: true },
  ],
  routes: [
    { path: "rehearsal/dns", lazy: () => import("./Zones") },
    { path: "rehearsal/dns/:domain", lazy: () => import("./Zone") },
    { path: "rehearsal/mail", lazy: () => import("./Mail") },
    { path: "rehearsal/mail/:id", lazy: () => import("./Letter") },
    { path: "rehearsal/providers", lazy: () => import("./Providers") },
    { path: "rehearsal/clock", lazy: () => import("./Clock") },
  ],
};
