/* All areas, in the order of the side navigation. */

import { area as audience } from "../pages/audience";
import { area as dashboard } from "../pages/dashboard";
import { area as feedback } from "../pages/feedback";
import { area as identities } from "../pages/identities";
import { area as messages } from "../pages/messages";
import { area as queue } from "../pages/queue";
import { area as records } from "../pages/records";
import { area as rehearsal } from "../pages/rehearsal";
import { area as sets } from "../pages/sets";
import { area as signin } from "../pages/signin";
import { area as smtp } from "../pages/smtp";
import { area as templates } from "../pages/templates";
import { area as tenants } from "../pages/tenants";
import { area as topics } from "../pages/topics";
import type { Area } from "./area";
import { define } from "./words";

export const headings = define({
  start: ["Get started", "はじめに"],
  configuration: ["Configuration", "設定"],
  sending: ["Sending", "送信"],
  feedback: ["Feedback", "フィードバック"],
  content: ["Content and audience", "コンテンツと受信者"],
  administration: ["Administration", "管理"],
  rehearsal: ["Rehearsal", "リハーサル"],
});

export interface Section {
  heading: keyof typeof headings;
  areas: Area[];
}

export const sections: Section[] = [
  { heading: "start", areas: [dashboard, smtp] },
  { heading: "configuration", areas: [identities, sets, tenants] },
  { heading: "sending", areas: [messages, queue] },
  { heading: "feedback", areas: [feedback, topics] },
  { heading: "content", areas: [templates, audience] },
  { heading: "administration", areas: [signin, records] },
  { heading: "rehearsal", areas: [rehearsal] },
];
