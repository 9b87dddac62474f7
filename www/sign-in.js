import { oauth } from "mcp-tasks/auth";
import { el } from "./dom.js";

const CALLBACK = new URL("dist/callback.html", location.href);

/**
 * Whether and how the user signs in where a server asks for it. Who has signed in stays so from one connection to the next, until they sign
 * out or change how.
 *
 * @param {HTMLElement} panel
 * @param {HTMLElement} state says whether it is on, and the user signed in
 * @param {(isWaiting: boolean) => void} onwait a sign-in begins, or is over
 */
export function signInForm(panel, state, onwait) {
  const tick = () => el("input", { type: "checkbox", onchange: changed });
  const text = () => el("input", { type: "text", spellcheck: false, autocomplete: "off", autocapitalize: "off", onchange: changed });
  const [isWanted, isBound, clientId, scope] = [tick(), tick(), text(), text()];
  const out = el("button", { type: "button", disabled: true, onclick: signOut }, "Sign out");
  const fields = el(
    "fieldset",
    {},
    el(
      "div",
      { className: "sign-in" },
      el("label", { className: "tick" }, isWanted, "Sign in where the server asks for it"),
      el("label", {}, "Client id, if this page has one there", clientId),
      el("label", {}, "Scopes, beyond what the server asks for", scope),
      el("label", { className: "tick" }, isBound, "Bind tokens to a key of this page, where the server can (DPoP)"),
    ),
  );
  panel.append(fields, out);

  /** @type {import("mcp-tasks/auth").OAuthProvider | undefined} */
  let provider;

  function changed() {
    void provider?.signOut();
    provider = undefined;
    know(false);
  }

  async function signOut() {
    know(false);
    await provider.signOut();
  }

  function know(is) {
    out.disabled = !is;
    state.hidden = !isWanted.checked;
    state.textContent = is ? "signed in" : "on";
  }

  function made() {
    const id = clientId.value.trim();
    return oauth({
      redirectUri: CALLBACK,
      clientName: document.title,
      dpop: isBound.checked,
      scope: scope.value.trim() || undefined,
      client: id === "" ? undefined : { client_id: id },
    });
  }

  /** The provider, watched: the page shows when it waits for the user, and whether there are tokens. */
  function watched(given) {
    return {
      async token(request) {
        const credentials = await given.token(request);
        if (given === provider) know(credentials !== undefined);
        return credentials;
      },
      async onUnauthorized(challenge) {
        onwait(true);
        try {
          return await given.onUnauthorized(challenge);
        } finally {
          onwait(false);
        }
      },
      onResponse: (response) => given.onResponse?.(response),
    };
  }

  return {
    /** @returns {import("mcp-tasks").AuthProvider | undefined} */
    provider() {
      if (!isWanted.checked) return undefined;
      provider ??= made();
      return watched(provider);
    },
    /**
     * Calls `act` with the window of a sign-in opened ahead, where somebody may have to sign in: not every browser opens it later.
     *
     * @template T
     * @param {() => Promise<T>} act
     */
    withWindow(act) {
      return isWanted.checked && out.disabled ? provider.withWindow(act) : act();
    },
    /** @param {boolean} isOn */
    switch(isOn) {
      panel.open = isOn;
      if (isWanted.checked === isOn) return;
      isWanted.checked = isOn;
      changed();
    },
    /** It belongs to a connection. @param {boolean} locked */
    lock(locked) {
      fields.disabled = locked;
    },
  };
}
