import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import { type TokenResolveReply, TokenResolveReplySchema } from '@tollgate/contracts';
import { type Clock, concatBytes, decodeJson, encodeJson } from '@tollgate/kernel';
import { DIRECT_RESOLVE_PATH, type PepperSet, ROUTER_SIGNATURE_HEADER, signRouterRequest } from '@tollgate/policy';

const ANSWER_MS_MAX = 2_000;
const ANSWER_BYTES_MAX = 1024 * 1024;
const SOCKETS_MAX = 32;

export interface DirectAuthParts {
  readonly url: string;
  readonly peppers: PepperSet;
  readonly clock: Clock;
}

/** Asks auth by HTTP what is else asked on the bus. No secret is sent: the question is signed. */
export class DirectAuth {
  private readonly url: URL;
  private readonly agent: Agent;

  constructor(private readonly parts: DirectAuthParts) {
    this.url = new URL(DIRECT_RESOLVE_PATH, parts.url);
    const settings = { keepAlive: true, maxSockets: SOCKETS_MAX, timeout: 30_000 };
    this.agent = this.url.protocol === 'https:' ? new TlsAgent(settings) : new Agent(settings);
  }

  /** Rejects where auth cannot be reached, refuses us, or answers what is no answer. */
  resolve(publicId: string): Promise<TokenResolveReply> {
    const body = encodeJson({ publicId });
    const { agent, url } = this;
    const headers = {
      'content-type': 'application/json',
      'content-length': body.length,
      [ROUTER_SIGNATURE_HEADER]: signRouterRequest(this.parts.peppers, publicId, this.parts.clock.now()),
    };
    const open = url.protocol === 'https:' ? tlsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const signal = AbortSignal.timeout(ANSWER_MS_MAX);
      const question = open(url, { method: 'POST', agent, headers, signal }, (answer) => {
        read(answer)
          .then((bytes) => resolve(TokenResolveReplySchema.parse(decodeJson(bytes))))
          .catch(reject);
      });
      question.once('error', reject);
      question.end(body);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}

async function read(answer: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > ANSWER_BYTES_MAX) throw new Error('the answer of auth is too long');
    chunks.push(chunk);
  }
  if (answer.statusCode !== 200) throw new Error(`auth answers ${answer.statusCode}`);
  return concatBytes(chunks);
}
