/** Where the transport reports what an operator should see; `error` fields are under `err`, as pino has it. */
export type TransportLog = (level: 'debug' | 'info' | 'warn' | 'error', fields: object, message: string) => void;
