import { lookup } from "node:dns";
import { get } from "node:https";
import { BlockList, isIP } from "node:net";
import { Refusal } from "./refusal.mjs";

/** The largest document that is read, in bytes, and the longest wait for it, in milliseconds. */
const LARGEST = 5 * 1024;
const PATIENCE = 5_000;

/** Nobody may have us look around in the network that we are in. */
const INNER = new BlockList();
for (const [net, bits] of [["0.0.0.0", 8], ["10.0.0.0", 8], ["100.64.0.0", 10], ["127.0.0.0", 8], ["169.254.0.0", 16], ["172.16.0.0", 12], ["192.168.0.0", 16]]) {
  INNER.addSubnet(net, bits, "ipv4");
}
for (const [net, bits] of [["::", 127], ["::ffff:0:0", 96], ["64:ff9b::", 96], ["fc00::", 7], ["fe80::", 10]]) INNER.addSubnet(net, bits, "ipv6");

/**
 * What a client says of itself at the URL that is its id (OAuth Client ID Metadata Document).
 *
 * @param {string} clientId
 * @returns {Promise<Record<string, unknown>>}
 */
export async function readClientDocument(clientId) {
  const { protocol, hostname, pathname, hash, username, password } = new URL(clientId);
  if (protocol !== "https:" || pathname === "/" || hash || username || password || isIP(hostname.replace(/[[\]]/g, ""))) {
    throw new Refusal("invalid_client", "A client id that is a URL is one of https, with a host name and a path");
  }
  const document = JSON.parse(await read(clientId));
  if (document?.client_id !== clientId) throw new Refusal("invalid_client", "The document is not that of this client");
  return document;
}

/** @param {string} url @returns {Promise<string>} */
function read(url) {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(PATIENCE);
    const request = get(url, { signal, lookup: outside, headers: { accept: "application/json" } }, async (response) => {
      try {
        if (response.statusCode !== 200) throw new Refusal("invalid_client", `The client’s document answers ${response.statusCode}`);
        let text = "";
        for await (const chunk of response.setEncoding("utf8")) {
          text += chunk;
          if (text.length > LARGEST) throw new Refusal("invalid_client", "The client’s document is too large");
        }
        resolve(text);
      } catch (error) {
        request.destroy();
        reject(error);
      }
    });
    request.once("error", reject);
  });
}

/** Finds the address of a name as usual, unless it is one of an inner network. */
function outside(name, options, callback) {
  lookup(name, { ...options, all: true }, (error, addresses = []) => {
    const inner = addresses.find(({ address, family }) => INNER.check(address, family === 6 ? "ipv6" : "ipv4"));
    if (error || inner) callback(error ?? new Error("an address of an inner network"));
    else if (options.all) callback(null, addresses);
    else callback(null, addresses[0].address, addresses[0].family);
  });
}
