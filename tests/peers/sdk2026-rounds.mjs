import { inputRequired } from "@modelcontextprotocol/server";

/** What a run throws where it needs an answer that the client has not given yet. */
class Question {
  constructor(requests) {
    this.requests = requests;
  }
}

/**
 * Runs what may ask the client, within the rounds of one plain request: each round begins anew, with the answers of the
 * rounds before it, which the request state carries.
 *
 * @param {import("@modelcontextprotocol/server").ServerContext} ctx
 * @param {import("@modelcontextprotocol/server").RequestStateCodec<object[]>} states
 * @param {(input: (requests: object) => Promise<object>) => Promise<object>} run `input` gives the answers, by key
 */
export async function inRounds({ mcpReq }, states, run) {
  const answers = mcpReq.requestState() ?? [];
  if (mcpReq.inputResponses) answers.push(mcpReq.inputResponses);
  let round = 0;
  try {
    return await run(async (requests) => {
      if (round === answers.length) throw new Question(requests);
      return answers[round++];
    });
  } catch (question) {
    if (!(question instanceof Question)) throw question;
    return inputRequired({ inputRequests: question.requests, requestState: await states.mint(answers) });
  }
}
