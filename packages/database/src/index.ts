export { createDataSource, type DataSourceSettings } from './data-source.js';
