import { randomUUID } from "node:crypto";

/** The visits of users to a page of the server's own, which its tools wait for: one for each session. */
export class Visits {
  #base;
  /** @type {Map<string, { session: string, isDone: boolean, tell: () => void }>} */
  #expected = new Map();

  /** @param {() => string} base the URL that the pages are below */
  constructor(base) {
    this.#base = base;
  }

  /** @param {string} session @param {(id: string) => void} tell is called once the user is there @returns {string} the id of the visit */
  expect(session, tell) {
    const [known] = [...this.#expected].find(([, visit]) => visit.session === session) ?? [];
    if (known !== undefined) return known;
    const id = randomUUID();
    this.#expected.set(id, { session, isDone: false, tell: () => tell(id) });
    return id;
  }

  url(id) {
    return `${this.#base()}/visit/${id}`;
  }

  /** @param {string} session */
  isDone(session) {
    return [...this.#expected.values()].some((visit) => visit.session === session && visit.isDone);
  }

  /** Whether the path is that of a visit that is expected; then it is done. @param {string} path */
  arrive(path) {
    const visit = path.startsWith("/visit/") && this.#expected.get(path.slice("/visit/".length));
    if (!visit) return false;
    visit.isDone = true;
    visit.tell();
    return true;
  }
}
