import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RotationMessage } from '@tollgate/contracts';
import { verifyWebhook } from '@tollgate/policy';

/** What a message gets: a status, or a cut connection. */
export type ReceiverAnswer = number | 'cut';

interface Mailbox {
  readonly secret: string;
  answer(message: RotationMessage): ReceiverAnswer;
}

/** Takes the webhooks of all keys, each under a path of its own, and checks their signatures. */
export class Receiver {
  forged = 0;
  private readonly boxes = new Map<string, Mailbox>();
  private readonly server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () =>
      this.take(request.url ?? '', request.headers as Record<string, string>, Buffer.concat(parts).toString('utf8'), response),
    );
  });

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  urlOf(key: string): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/${key}`;
  }

  open(key: string, box: Mailbox): void {
    this.boxes.set(`/${key}`, box);
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private take(path: string, headers: Record<string, string>, body: string, response: ServerResponse): void {
    const box = this.boxes.get(path);
    const message = { id: headers['webhook-id'] ?? '', timestamp: Number(headers['webhook-timestamp']), body };
    if (box === undefined || !verifyWebhook(box.secret, message, headers['webhook-signature'] ?? '', Date.now() / 1_000)) {
      this.forged += 1;
      response.writeHead(401).end();
      return;
    }
    const answer = box.answer(JSON.parse(body) as RotationMessage);
    if (answer === 'cut') response.destroy();
    else response.writeHead(answer).end();
  }
}
