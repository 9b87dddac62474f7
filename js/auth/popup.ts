import { failure } from "./failure.js";
import { answerIn, CHANNEL } from "./answer.js";
import { openWindow, type SignInWindow } from "./windows.js";

/** How often we look whether the user has closed it, in milliseconds. */
const LOOK = 250;
/**
 * A window that the authorization server has cut off from us (`Cross-Origin-Opener-Policy`) looks closed and is not. One that was closed
 * leaves the user here, and nothing comes any more for so long, in milliseconds.
 */
const GONE = 2_000;

const CLOSED = "the window to sign in was closed before the sign-in was done";

/**
 * Sends the user to the authorization server in a window of its own, and resolves with what `callback()` in it brings back. Browsers open
 * windows only where the user has just clicked or typed: `window` is one that was opened then, by `withWindow()` of the provider.
 * @throws `McpError` `unauthorized`, with reason `popup_blocked` or `popup_closed`
 */
export function popup(url: URL, { signal, window: ahead }: { signal: AbortSignal; window?: SignInWindow }): Promise<URLSearchParams> {
  if (signal.aborted) {
    ahead?.close();
    return Promise.reject(signal.reason as Error);
  }
  const state = url.searchParams.get("state");
  const opened = ahead ?? openWindow();
  if (!opened) {
    return Promise.reject(
      failure("popup_blocked", "the browser did not open the window to sign in: it does so where the user has just clicked, and calls again"),
    );
  }
  // Who closes it before there is anything in it does not want to sign in.
  if (opened.closed) return Promise.reject(failure("popup_closed", CLOSED));
  opened.location.replace(url.href);
  return new Promise<URLSearchParams>((resolve, reject) => {
    const channel = new BroadcastChannel(CHANNEL);
    let goneSince: number | undefined;
    const end = (): void => {
      clearInterval(looking);
      channel.close();
      globalThis.removeEventListener("message", hear);
      signal.removeEventListener("abort", abort);
      opened.close();
    };
    const take = (message: unknown): void => {
      const answer = answerIn(message, state);
      if (!answer) return;
      end();
      resolve(answer);
    };
    const give = (reason: unknown): void => {
      end();
      reject(reason);
    };
    const hear = ({ origin, data }: MessageEvent): void => {
      if (origin === globalThis.location.origin) take(data);
    };
    const abort = (): void => give(signal.reason);
    const looking = setInterval(() => {
      const isGone = opened.closed && globalThis.document.hasFocus();
      goneSince = isGone ? (goneSince ?? Date.now()) : undefined;
      if (goneSince !== undefined && Date.now() - goneSince >= GONE) give(failure("popup_closed", CLOSED));
    }, LOOK);
    channel.onmessage = ({ data }) => take(data);
    globalThis.addEventListener("message", hear);
    signal.addEventListener("abort", abort);
    // Under a debugger others have their turn while a window opens.
    if (signal.aborted) abort();
  });
}
