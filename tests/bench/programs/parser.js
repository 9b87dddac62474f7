// The events of one answer, read with the parser that everybody uses.
import { createParser } from "eventsource-parser";

export async function readEvents(url, init, onMessage) {
  const response = await fetch(url, init);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const parser = createParser({ onEvent: ({ data }) => onMessage(JSON.parse(data)) });
  for (let chunk; !(chunk = await reader.read()).done; ) parser.feed(chunk.value);
}
