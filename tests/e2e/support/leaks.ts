import type { BrowserContext, Page, Request } from "@playwright/test";
import type { ScriptedAuthorization } from "../../peers/authorization.mjs";

/** Looks where tokens get to: to the servers they are for, in the one place that is theirs, and nowhere else. */
export class Leaks {
  readonly #requests: Promise<{ request: Request; headers: Record<string, string> }>[] = [];
  readonly #context: BrowserContext;

  constructor(context: BrowserContext) {
    this.#context = context;
    context.on("request", (request) => this.#requests.push(request.allHeaders().then((headers) => ({ request, headers }), () => ({ request, headers: request.headers() }))));
  }

  /** What went where it should not. `keeps`: the tokens are meant to be in a storage. */
  async found(authorizations: ScriptedAuthorization[], keeps: boolean): Promise<string[]> {
    const found: string[] = [];
    const issued = authorizations.flatMap(({ issued, issuer }) => issued.map((tokens) => ({ ...tokens, issuer })));
    const secrets = issued.flatMap(({ access, refresh }) => [access, ...(refresh ? [refresh] : [])]);
    for (const { request, headers } of await Promise.all(this.#requests)) {
      const url = request.url();
      const body = request.postData() ?? "";
      const { authorization: shown = "", ...others } = headers;
      if (secrets.some((secret) => url.includes(secret) || JSON.stringify(others).includes(secret))) found.push(`in a URL or a header: ${url}`);
      for (const { access, refresh, resource, issuer } of issued) {
        if (shown.includes(access) && url !== resource) found.push(`an access token was sent to ${url}`);
        if (body.includes(access)) found.push(`an access token was sent in a body to ${url}`);
        if (refresh && (shown.includes(refresh) || (body.includes(refresh) && new URL(url).origin !== issuer))) found.push(`a refresh token was sent to ${url}`);
      }
    }
    for (const page of this.#context.pages().filter((each) => !each.isClosed())) {
      const text = await seen(page, keeps).catch(() => "");
      if (secrets.some((secret) => text.includes(secret))) found.push(`in the page: ${page.url()}`);
    }
    return found;
  }
}

/** What the package said in a page, and what is in the storages of its origin. */
function seen(page: Page, keeps: boolean): Promise<string> {
  return page.evaluate(async (keeps) => {
    const told = "said" in globalThis ? said : [];
    const words = JSON.stringify(told, (_, value) => (value instanceof Error ? { ...value, message: value.message, stack: value.stack, cause: value.cause } : value));
    if (keeps) return words;
    const stored = [JSON.stringify(localStorage), JSON.stringify(sessionStorage)];
    for (const { name } of await indexedDB.databases()) {
      const database = await new Promise<IDBDatabase>((resolve, reject) => {
        const opening = indexedDB.open(name!);
        opening.onsuccess = () => resolve(opening.result);
        opening.onerror = () => reject(opening.error!);
      });
      for (const store of database.objectStoreNames) {
        const entries = await new Promise((resolve) => (database.transaction(store).objectStore(store).getAll().onsuccess = ({ target }) => resolve((target as IDBRequest).result)));
        stored.push(JSON.stringify(entries));
      }
      database.close();
    }
    return words + stored.join("");
  }, keeps);
}
