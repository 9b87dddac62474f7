import { el } from "./dom.js";
import { pretty, shorten } from "./json.js";

const LONGEST = 20_000;
const IMAGE = /^image\/(png|jpeg|gif|webp|avif)$/;
const AUDIO = /^audio\/[\w.+-]+$/;
const BASE64 = /^[A-Za-z0-9+/\s]+=*\s*$/;

/**
 * A piece of content to look at or listen to. Pictures and sounds are what came with it: nothing is fetched.
 *
 * @param {any} block
 * @returns {HTMLElement}
 */
export function blockView(block) {
  const { type, text, data, mimeType } = block ?? {};
  if (type === "text" && typeof text === "string") return el("p", {}, shorten(text, LONGEST));
  const isMedia = typeof data === "string" && BASE64.test(data);
  const src = `data:${mimeType};base64,${data}`;
  if (isMedia && type === "image" && IMAGE.test(mimeType)) return el("img", { src, alt: "A picture from the server" });
  if (isMedia && type === "audio" && AUDIO.test(mimeType)) return el("audio", { src, controls: true, "aria-label": "A sound from the server" });
  return el("pre", { tabIndex: 0 }, pretty(block));
}
