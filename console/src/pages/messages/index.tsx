import type { Area } from "../../frame/area";

export const area: Area = { links: [], routes: [] };
