// What the tests of the sign-in find in the page beside the rest.

import "./harness.js";
import * as auth from "mcp-tasks/auth";

/** All that the package said here: wire events, and what promises were rejected with. No token may be in it. */
const said = [];

const redirectUri = `${location.origin}/dist/callback.html`;

/** Connects as a page does whose users sign in. */
const signedIn = (url, options = {}, more = {}) =>
  globalThis.connect(url, { auth: auth.oauth({ redirectUri, clientName: "The tests", ...options }), onDebug: (event) => said.push(event), ...more });

/** A whole visit: what the tool says, or what went wrong. */
const visit = (url, options, more) =>
  kept(
    signedIn(url, options, more).then(async (client) => {
      const { content } = await client.callTool("work");
      await client.close();
      return content[0].text;
    }),
  );

/** A storage of the app's own; what is written is to be seen only after so many milliseconds. */
const memory = (lateMs = 0) => {
  const entries = new Map();
  const write = (act) => void (lateMs === 0 ? act() : setTimeout(act, lateMs));
  return {
    entries,
    get: (key) => entries.get(key),
    set: (key, value) => write(() => entries.set(key, value)),
    delete: (key) => write(() => entries.delete(key)),
  };
};

/** What a test writes as text: an expression. */
const made = (text) => (0, eval)(`(${text})`);

const settle = globalThis.settle;
const kept = async (promise) => {
  const ended = await settle(promise);
  if (ended.error) said.push(ended.error);
  return ended;
};

Object.assign(globalThis, { auth, oauth: auth.oauth, redirectUri, said, signedIn, visit, memory, made, settle: kept });
