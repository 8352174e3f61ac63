/** Lives in the transport's room, whose own tests need it and must not import this one. */
export { type NatsServer, type NatsServerOptions, startNatsServer } from '@tollgate/transport/nats-server';
