/**
 * What the package's face does of the browser for a core, for hosts that tests script. It is that of the built package, which `npm run build`
 * makes: the server of the tests serves the project's folder.
 */
import { Life } from "/dist/life.js";
import { Timer } from "/dist/timer.js";
import { Transport } from "/dist/transport.js";

/** The part of a host that is not scripted; how requests are sent, the class that extends it says: `send(method, headers, body, signal)`. */
export class Browser {
  #transport;
  #timer;

  /** `tap` hears of what is on the wire. */
  attach(core, tap) {
    this.#transport = new Transport((act) => act(core), (...request) => this.send(...request), tap);
    this.#timer = new Timer(() => (life.hasSlept() ? core.wake() : core.tick()));
    const life = new Life(core, true);
  }

  fetch(...request) {
    this.#transport.start(...request);
  }

  abort(exchange) {
    this.#transport.abort(exchange);
  }

  arm(deadline) {
    this.#timer.arm(deadline);
  }
}
