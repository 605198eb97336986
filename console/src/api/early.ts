/* Who is signed in is asked before anything else: the answer is on its way while the pages' script is still read. */

let asked: Promise<Response> | null = fetch("/tayori/console/session", {
  credentials: "same-origin",
  cache: "no-store",
});
asked.catch(() => {}); // whoever takes it sees the failure

/** The answer, for the first who wants it; later ones ask for themselves. */
export function takeEarly(): Promise<Response> | null {
  const taken = asked;
  asked = null;
  return taken;
}
