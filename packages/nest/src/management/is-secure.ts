import type { FastifyRequest } from 'fastify';

/** Whether browsers reach us over https: by the connection itself, or because we were told so. */
export const isSecure = ({ protocol }: Pick<FastifyRequest, 'protocol'>, publicUrl: string): boolean =>
  protocol === 'https' || publicUrl.startsWith('https:');

const LOOPBACK = /^(localhost|[a-z0-9-]+\.localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

/** The browser speaks with its own machine: nothing travels that could be overheard. */
export const isLoopbackHost = (host: string | undefined): boolean => host !== undefined && LOOPBACK.test(host);
