import type { IncomingMessage } from 'node:http';
import { isIP, type Socket } from 'node:net';
import type { ProxyCheck } from './trusted-proxies.js';

/** What is known of a connection, made once for each. */
interface Connection {
  /** Of the peer, as {@link plainAddress} writes it; empty where it had gone before it was asked for. */
  readonly address: string;
  readonly encrypted: boolean;
  readonly loopback: boolean;
  /** Set where the peer is one of them: what it says of its callers counts. */
  readonly proxies: ProxyCheck | null;
}

const CONNECTION = Symbol('connection');
type Noted = Socket & { [CONNECTION]?: Connection; encrypted?: boolean };

/** More proxies in a row than any installation has; a header of 64 KiB would hold thousands. */
const HOPS_MAX = 32;

/** Called for each new connection, before its first request. */
export function noteConnection(socket: Socket, proxies: ProxyCheck | null): Connection {
  const address = plainAddress(socket.remoteAddress ?? '');
  const connection: Connection = {
    address,
    encrypted: (socket as Noted).encrypted === true,
    loopback: isLoopback(address),
    proxies: proxies?.(address) === true ? proxies : null,
  };
  (socket as Noted)[CONNECTION] = connection;
  return connection;
}

const connectionOf = (socket: Socket): Connection => (socket as Noted)[CONNECTION] ?? noteConnection(socket, null);

/**
 * The caller's address, for address policies, limits per address and the audit trail: of the peer, or, where that is a
 * trusted proxy, the last one in `X-Forwarded-For` that is not. Whatever stands further left the caller may have made up.
 */
export function clientAddress(request: IncomingMessage): string {
  const { address, proxies } = connectionOf(request.socket);
  const forwarded = request.headers['x-forwarded-for'];
  return proxies === null || typeof forwarded !== 'string' ? address : lastUntrusted(forwarded, address, proxies);
}

/** Whether the caller's own connection is encrypted: ours, or by its word that to a trusted proxy. */
export function comesEncrypted(request: IncomingMessage): boolean {
  const { encrypted, proxies } = connectionOf(request.socket);
  return encrypted || (proxies !== null && saysHttps(request.headers['x-forwarded-proto']));
}

/** Whether what the caller sends could be read by others on its way: not encrypted, and not from this machine. */
export function travelsOpenly(request: IncomingMessage): boolean {
  const { encrypted, loopback, proxies } = connectionOf(request.socket);
  if (encrypted) return false;
  if (proxies === null) return !loopback;
  // That a caller is on this machine is believed only of a proxy that is here itself.
  return !saysHttps(request.headers['x-forwarded-proto']) && !(loopback && isLoopback(clientAddress(request)));
}

/** Where proxies in a row each add their own word, all must be https. */
function saysHttps(value: string | string[] | undefined): boolean {
  if (value === 'https') return true;
  return typeof value === 'string' && value.split(',').every((part) => part.trim().toLowerCase() === 'https');
}

function lastUntrusted(forwarded: string, peer: string, trusted: ProxyCheck): string {
  let nearest = peer;
  let end = forwarded.length;
  for (let hop = 0; hop < HOPS_MAX; hop += 1) {
    const comma = forwarded.lastIndexOf(',', end - 1);
    const address = readHop(forwarded.slice(comma + 1, end));
    // What is no address says nothing: the proxy that let it pass is the last that is known.
    if (address === null) return nearest;
    nearest = address;
    if (comma <= 0 || !trusted(address)) return nearest;
    end = comma;
  }
  return nearest;
}

/** `203.0.113.7`, `203.0.113.7:4711`, `2001:db8::7`, `[2001:db8::7]:4711`: some proxies add the port. */
function readHop(text: string): string | null {
  const trimmed = text.trim();
  const [, bracketed, dotted] = /^(?:\[([^\]]+)\]|([\d.]+))(?::\d{1,5})?$/.exec(trimmed) ?? [];
  const address = plainAddress(bracketed ?? dotted ?? trimmed);
  return isIP(address) === 0 ? null : address;
}

/** One writing for each: v4 where it is mapped into v6 (RFC 4291, 2.5.5.2), no zone, lower case. */
export function plainAddress(text: string): string {
  if (!text.includes(':')) return text;
  const zone = text.indexOf('%');
  const address = (zone < 0 ? text : text.slice(0, zone)).toLowerCase();
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}

const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1';
