import type { ScriptedAuthorization } from "../../peers/authorization.mjs";

/** Makes the user think until the test says yes for them. */
export function thinking(authorization: ScriptedAuthorization): { asked: () => Promise<void>; agree: () => void } {
  let agree = (): void => {};
  let tell = (): void => {};
  const asked = new Promise<void>((resolve) => (tell = resolve));
  authorization.user = (exchange, request) => {
    agree = () => void authorization.allow(exchange, request);
    tell();
  };
  return { asked: () => asked, agree: () => agree() };
}
