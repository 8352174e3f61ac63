import { type INestApplicationContext, RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { ModulesContainer } from '@nestjs/core';
import { OPEN, PERMISSION } from '../management/permission.js';
import { BootError } from './boot-error.js';

export interface RouteFact {
  readonly controller: string;
  readonly method: string;
  readonly verb: string;
  readonly path: string;
  /** null = open to all. */
  readonly permission: string | null;
}

/** Every HTTP route of the process. Throws where one declares neither a permission nor that it is open: a forgotten line must not boot. */
export function assertRoutesDeclared(context: INestApplicationContext): readonly RouteFact[] {
  const routes: RouteFact[] = [];
  const undeclared: string[] = [];
  for (const module of context.get(ModulesContainer).values()) {
    for (const { metatype } of module.controllers.values()) {
      if (typeof metatype !== 'function') continue;
      for (const [method, handler] of methodsOf(metatype.prototype as object)) {
        const path: unknown = Reflect.getMetadata(PATH_METADATA, handler);
        if (path === undefined) continue;
        const permission: unknown = Reflect.getMetadata(PERMISSION, handler);
        const open = Reflect.getMetadata(OPEN, handler) !== undefined;
        if (typeof permission !== 'string' && !open) undeclared.push(`${metatype.name}.${method}`);
        routes.push({
          controller: metatype.name,
          method,
          verb: RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as number] ?? 'GET',
          path: joined(Reflect.getMetadata(PATH_METADATA, metatype), path),
          permission: typeof permission === 'string' ? permission : null,
        });
      }
    }
  }
  if (undeclared.length > 0) throw new BootError(`Routes without a declared permission: ${undeclared.join(', ')}.`, 2);
  return routes;
}

function* methodsOf(prototype: object): Generator<readonly [string, (...args: unknown[]) => unknown]> {
  for (
    let current = prototype;
    current !== null && current !== Object.prototype;
    current = Object.getPrototypeOf(current) as object
  ) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(current))) {
      if (name !== 'constructor' && typeof value === 'function') yield [name, value as (...args: unknown[]) => unknown];
    }
  }
}

function joined(...parts: readonly unknown[]): string {
  const path = parts.flatMap((part) => String(Array.isArray(part) ? part[0] : part).split('/')).filter((part) => part !== '');
  return `/${path.join('/')}`;
}
