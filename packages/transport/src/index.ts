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
