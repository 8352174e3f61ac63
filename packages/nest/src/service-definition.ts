import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DynamicModule, INestApplicationContext } from '@nestjs/common';
import type { Service } from '@tollgate/contracts';
import type { EnvironmentOf, EnvironmentSpec } from '@tollgate/kernel';

/** The hot path, on Node's own HTTP server beside Nest: returns false for a request that is not its own. */
export type DataPlaneHandler = (request: IncomingMessage, response: ServerResponse) => boolean;

/** A service's own slice of Postgres. */
export interface ServiceDatabase {
  readonly schema: string;
  // TypeORM's own types are wider than `unknown[]`; the database room narrows them.
  readonly entities: readonly unknown[];
  readonly migrations: readonly unknown[];
}

/**
 * A service as a value: what it reads, what it stores, and how its module is made. `bootServices` turns one into a
 * process of its own and several into one process; the service cannot tell which.
 */
export interface ServiceDefinition<S extends EnvironmentSpec = EnvironmentSpec> {
  readonly name: Service;
  readonly environment: S;
  readonly database: ServiceDatabase | null;
  /**
   * Looks at the files that the environment names, before anything is opened or started: one line for each mistake, that
   * says what to do. Reads only.
   */
  findMistakes?(variables: Readonly<Record<string, string | undefined>>): Promise<readonly string[]>;
  /** Imports nothing of other services; injects the tokens of `tokens.ts` and, where `database` is set, `dataSourceToken(name)`. */
  module(config: EnvironmentOf<S>): DynamicModule;
  /** Only the router has one. Called once, after the module has been initialised. */
  dataPlane?(context: INestApplicationContext): DataPlaneHandler;
}

/** A definition of whatever environment: what `bootServices` takes several of. */
export type AnyServiceDefinition = ServiceDefinition;

/** Injection token of a service's TypeORM DataSource. */
export const dataSourceToken = (service: Service): string => `DataSource:${service}`;
