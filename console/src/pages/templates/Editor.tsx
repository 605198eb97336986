/* A text area with line numbers: what a browser offers for text stays as it is, for keyboards and screen readers too. */

import { useEffect, useImperativeHandle, useMemo, useRef } from "react";
import "./editor.css";

export interface Fault {
  part: string;
  message: string;
  line: number;
  column: number;
}

export interface EditorHandle {
  /** Puts the caret there, counted from 1 in characters. */
  goTo: (line: number, column: number) => void;
}

export interface EditorProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  faults: Fault[];
  describedBy?: string;
  readOnly?: boolean;
  short?: boolean;
  ref?: React.Ref<EditorHandle>;
}

const HEIGHT = 20;

export function Editor({ label, value, onChange, faults, describedBy, readOnly, short, ref }: EditorProps) {
  const area = useRef<HTMLTextAreaElement>(null);
  const numbers = useRef<HTMLDivElement>(null);
  const count = useMemo(() => value.split("\n").length, [value]);
  const wrong = new Map(faults.filter((one) => one.line).map((one) => [one.line, one.message]));
  const follow = () => {
    if (numbers.current && area.current) numbers.current.scrollTop = area.current.scrollTop;
  };
  useEffect(follow, [count]);
  useImperativeHandle(ref, () => ({
    goTo: (line, column) => {
      const text = area.current;
      if (!text) return;
      const lines = text.value.split("\n");
      const before = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
      // The service counts characters, the browser halves of pairs.
      const at = before + [...(lines[line - 1] ?? "")].slice(0, Math.max(column - 1, 0)).join("").length;
      text.focus();
      text.setSelectionRange(at, at);
      text.scrollTop = Math.max(0, (line - 4) * HEIGHT);
      follow();
    },
  }));
  return (
    <div className={`code-editor${short ? " code-editor-short" : ""}${faults.length ? " code-editor-wrong" : ""}`}>
      <div className="code-editor-lines" ref={numbers} aria-hidden="true">
        {Array.from({ length: count }, (_, at) => (
          <div key={at} className={wrong.has(at + 1) ? "code-editor-fault" : ""} title={wrong.get(at + 1)}>
            {wrong.has(at + 1) ? `✕ ${at + 1}` : at + 1}
          </div>
        ))}
      </div>
      <textarea
        ref={area}
        aria-label={label}
        aria-invalid={faults.length > 0}
        aria-describedby={describedBy}
        value={value}
        readOnly={readOnly}
        spellCheck={false}
        autoComplete="off"
        wrap="off"
        onChange={(event) => onChange(event.target.value)}
        onScroll={follow}
      />
    </div>
  );
}
