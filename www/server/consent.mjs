const STYLE = `
  :root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
  body { max-width: 30rem; margin: 12vh auto; padding: 0 1rem; }
  dd { margin: 0 0 0.5rem; overflow-wrap: anywhere; }
  dt { opacity: 0.7; font-size: 0.875rem; }
  button { min-height: 2.5rem; padding: 0 1rem; font: inherit; }
`;

/** The names of scopes are for programs. */
const MEANINGS = {
  demo: "use the demo’s tools",
  reports: "write reports",
  offline_access: "stay signed in",
};

/**
 * The page on which a user says yes or no.
 *
 * @param {{ id: string, client: import("./clients.mjs").Client, redirectUri: string, resource: string, scopes: string[] }} request
 */
export function consentPage({ id, client, redirectUri, resource, scopes }) {
  const facts = { App: client.name, "Sends you back to": redirectUri, Server: resource };
  return page(
    "Sign in",
    `<p><strong>${escaped(client.name)}</strong> wants to act for you.</p>
    <dl>${Object.entries(facts).map(fact).join("")}</dl>
    <p>It wants to:</p>
    <ul>${scopes.map((scope) => `<li>${escaped(MEANINGS[scope] ?? scope)}</li>`).join("")}</ul>
    <form method="post">
      <input type="hidden" name="request" value="${escaped(id)}" />
      <button name="answer" value="allow">Allow</button>
      <button name="answer" value="deny">Deny</button>
    </form>`,
  );
}

/** What a user is told who cannot be sent back. @param {string} message */
export const refusalPage = (message) => page("This sign-in cannot go on", `<p>${escaped(message)}</p>`);

/**
 * The headers of the page. To send the form leads back to the app, and browsers count that as a target of the form.
 *
 * @param {string} redirectUri
 */
export const consentHeaders = (redirectUri) => ({
  "content-security-policy": `default-src 'none'; style-src 'unsafe-inline'; form-action 'self' ${new URL(redirectUri).origin}; frame-ancestors 'none'; base-uri 'none'`,
  "referrer-policy": "same-origin",
});

const page = (title, body) => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>${title}</title>
    <link rel="icon" href="data:," />
    <style>${STYLE}</style>
  </head>
  <body>
    <h1>${title}</h1>
    ${body}
  </body>
</html>
`;

const fact = ([term, words]) => `<dt>${term}</dt><dd>${escaped(words)}</dd>`;

const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** What clients say of themselves is text. */
const escaped = (text) => text.replace(/[&<>"']/g, (character) => ENTITIES[character]);
