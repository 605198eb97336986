/* What the pages for people who are not signed in have around them. */

import Box from "@cloudscape-design/components/box";
import type { ReactNode } from "react";
import { useEffect } from "react";
import { BASE } from "../../frame/place";

export function Door({ title, children }: { title: string; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} - Tayori`;
  }, [title]);
  return (
    <main style={{ maxWidth: "28rem", margin: "0 auto", padding: "3rem 1rem" }}>
      <Box textAlign="center" padding={{ bottom: "l" }}>
        <img src={`${BASE}/tayori.svg`} alt="Tayori" width="48" height="48" />
      </Box>
      {children}
    </main>
  );
}
