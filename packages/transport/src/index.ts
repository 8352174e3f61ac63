export { type CompositeOptions, createCompositeTransport } from './composite/create-composite-transport.js';
export { createInProcessTransport } from './in-process/create-in-process-transport.js';
export { MAX_BODY_BYTES, WINDOW_BYTES } from './limits.js';
export type { TransportLog } from './log.js';
export { type ConnectNatsOptions, connectNats } from './nats/connect-nats.js';
export type {
  ClientStream,
  Incoming,
  MessageHeaders,
  RequestOptions,
  ServerStream,
  StreamCancelReason,
  StreamFailure,
  StreamOpening,
  StreamReceiver,
  Subscription,
  Transport,
  TransportErrorCode,
} from './transport.js';
export { TransportError } from './transport.js';
