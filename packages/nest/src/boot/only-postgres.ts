import { createRequire, Module } from 'node:module';

/**
 * TypeORM's factory of drivers loads all seventeen of them, 1.5 MB of source that costs a process 4 MB and a tenth of a
 * second; we have one database. The factory is put into the cache of modules before TypeORM asks for it (documented:
 * `require.cache` may be added to), and loads the driver of Postgres alone. Nothing is loaded here, and what stands in the
 * cache already is left.
 */
export function loadOnlyPostgres(): void {
  // As seen from the room that owns TypeORM.
  const require = createRequire(import.meta.resolve('@tollgate/database'));
  const path = require.resolve('typeorm/driver/DriverFactory.js');
  if (require.cache[path] !== undefined) return;
  const factory = new Module(path);
  factory.filename = path;
  factory.loaded = true;
  factory.exports = {
    DriverFactory: class {
      create(dataSource: { readonly options: { readonly type: string } }): object {
        const { type } = dataSource.options;
        if (type !== 'postgres') throw new TypeError(`only the driver of postgres is loaded, not that of ${type}`);
        const { PostgresDriver } = require('typeorm/driver/postgres/PostgresDriver.js') as Drivers;
        return new PostgresDriver(dataSource);
      }
    },
  };
  require.cache[path] = factory;
}

interface Drivers {
  readonly PostgresDriver: new (dataSource: object) => object;
}

// With the import of this room, which every `main.ts` has before that of its service: entities load TypeORM.
loadOnlyPostgres();
