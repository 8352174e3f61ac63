import type { Transport } from '../transport.js';

/** Another process on the same bus that can be killed. */
export interface OtherProcess {
  /** The next line that the process reports. */
  heard(line: string): Promise<void>;
  kill(): void;
  /** Lets it stand still, then go on. */
  pause(): void;
  resume(): void;
}

/** What only a bus between processes can do. */
export interface Bus {
  restart(): Promise<void>;
  kill(): Promise<void>;
  /** A process that serves the subject: head, one chunk `alive`, then silence. */
  serveElsewhere(subject: string): Promise<OtherProcess>;
  /** A process that opens a stream on the subject; reports `data` with each chunk and `all` after so many bytes. */
  openElsewhere(subject: string, bytes?: number): Promise<OtherProcess>;
  /** A process on the same bus that holds so many bytes of long bodies at once. */
  joinCramped(largeBodiesBytesMax: number): Promise<Transport>;
  /** A process on the same bus that loses the messages it publishes while `lose` is true. */
  joinLossy(): Promise<{ readonly transport: Transport; lose: boolean }>;
}

export interface TransportFixture {
  /** Two ends that reach each other; the same transport where there is one process only. */
  readonly client: Transport;
  readonly server: Transport;
  /** One more process; the same transport where there is one process only. */
  join(): Promise<Transport>;
  readonly bus: Bus | null;
  close(): Promise<void>;
}

export interface TransportCase {
  /** The outcome, as the test is called. */
  readonly name: string;
  run(fixture: TransportFixture): Promise<void>;
}
