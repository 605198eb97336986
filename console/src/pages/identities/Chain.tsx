/* The chain drawn: beside each other where there is room, below each other on a telephone. The list under the figure
   says the same in words, for those who do not see it. */

import Box from "@cloudscape-design/components/box";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useEffect, useRef, useState } from "react";
import { useWords } from "../../frame/words";
import type { ChainLink, LinkState } from "./chain";
import { words } from "./words";

// Three to one at least against both backgrounds.
const COLOURS: Record<LinkState, string> = { ok: "#2b9348", broken: "#e5484d", waiting: "#7a8699", blocked: "#7a8699" };
const TYPES = { ok: "success", broken: "error", waiting: "pending", blocked: "stopped" } as const;
const WIDTH = 190;
const HEIGHT = 124;
const GAP = 46;
const SHOWN = 24;

export function Chain({ links }: { links: ChainLink[] }) {
  const t = useWords(words);
  const outer = useRef<HTMLDivElement>(null);
  const [isNarrow, setNarrow] = useState(() => window.innerWidth < 900);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setNarrow((entry?.contentRect.width ?? 900) < 700));
    if (outer.current) observer.observe(outer.current);
    return () => observer.disconnect();
  }, []);
  const states = { ok: t.linkOk, broken: t.linkBroken, waiting: t.linkWaiting, blocked: t.linkBlocked };
  const step = (isNarrow ? HEIGHT : WIDTH) + GAP;
  const long = step * links.length - GAP;
  const [width, height] = isNarrow ? [WIDTH, long] : [long, HEIGHT];
  const said = links.map((one) => `${one.name}: ${states[one.state]}`).join("; ");
  return (
    <div ref={outer}>
      <svg
        viewBox={`-2 -2 ${width + 4} ${height + 4}`}
        role="img"
        aria-label={t.chainAlt(said)}
        style={{ width: "100%", maxWidth: isNarrow ? 300 : width, display: "block", margin: "0 auto" }}
        fontFamily="inherit"
      >
        {links.map((one, at) => (
          <g key={one.name} transform={isNarrow ? `translate(0 ${at * step})` : `translate(${at * step} 0)`}>
            {at > 0 && <Joint isNarrow={isNarrow} from={links[at - 1]!.state} />}
            <rect
              width={WIDTH}
              height={HEIGHT}
              rx={8}
              fill="none"
              stroke={COLOURS[one.state]}
              strokeWidth={one.state === "broken" ? 3.5 : 2}
              strokeDasharray={one.state === "waiting" || one.state === "blocked" ? "6 5" : undefined}
            />
            <Mark state={one.state} />
            <text x={38} y={29} fontSize={15} fontWeight={700} fill="currentColor">
              {one.name}
            </text>
            <text x={14} y={54} fontSize={13} fill="currentColor">
              {states[one.state]}
            </text>
            {one.values.slice(0, 3).map((value, line) => (
              <text key={value} x={14} y={76 + line * 17} fontSize={11.5} fill="currentColor" fontFamily="monospace">
                {value.length > SHOWN ? `${value.slice(0, SHOWN - 1)}…` : value}
              </text>
            ))}
          </g>
        ))}
      </svg>
      <ol style={{ paddingInlineStart: 20 }}>
        {links.map((one) => (
          <li key={one.name}>
            <Box padding={{ vertical: "xxs" }}>
              <strong>{one.name}</strong> <StatusIndicator type={TYPES[one.state]}>{states[one.state]}</StatusIndicator>
              <div style={{ overflowWrap: "anywhere" }}>{one.text}</div>
            </Box>
          </li>
        ))}
      </ol>
    </div>
  );
}

/** The way from the link before: torn where that one is broken. */
function Joint({ isNarrow, from }: { isNarrow: boolean; from: LinkState }) {
  const middle = isNarrow ? WIDTH / 2 : HEIGHT / 2;
  const turned = isNarrow ? `translate(${middle} ${-GAP}) rotate(90)` : `translate(${-GAP} ${middle})`;
  const colour = COLOURS[from];
  return (
    <g transform={turned} stroke={colour} strokeWidth={2.5} fill="none">
      {from === "broken" ? (
        <path d={`M2 0h12M${GAP - 14} 0h12M17 -7l12 14M29 -7l-12 14`} />
      ) : (
        <path
          d={`M2 0h${GAP - 5}M${GAP - 11} -6l7 6l-7 6`}
          strokeDasharray={from === "ok" ? undefined : "4 4"}
          strokeLinejoin="round"
        />
      )}
    </g>
  );
}

function Mark({ state }: { state: LinkState }) {
  const paths = {
    ok: "M6 11l4 4l7 -8",
    broken: "M7 7l8 8M15 7l-8 8",
    waiting: "M11 6v5l4 2",
    blocked: "M6 11h10",
  };
  return (
    <g transform="translate(10 13)" stroke={COLOURS[state]} strokeWidth={2} fill="none">
      <circle cx={11} cy={11} r={10} />
      <path d={paths[state]} strokeLinecap="round" strokeLinejoin="round" />
    </g>
  );
}
