/** How an authorization server says no: an error code of OAuth (RFC 6749, section 5.2, and what extends it) with words for developers. */
export class Refusal extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {{ status?: number, headers?: Record<string, string> }} [answer]
   */
  constructor(code, message, { status = 400, headers = {} } = {}) {
    super(message);
    this.code = code;
    this.status = status;
    this.headers = headers;
  }
}
