export { concatBytes, decodeJson, decodeUtf8, EMPTY_BYTES, encodeJson, encodeUtf8 } from './bytes.js';
export type { Clock, RandomBytes } from './clock.js';
export {
  EnvironmentError,
  type EnvironmentOf,
  type EnvironmentSource,
  type EnvironmentSpec,
  readEnvironment,
  type VariableSpec,
} from './environment.js';
export { ERROR_CODES, type ErrorCode, type ErrorOwner, type ErrorRow, isErrorCode } from './error-codes.js';
export { dayOfId, newId, timeOfId } from './ids.js';
export { createRandom } from './random.js';
export { fail, ok, type Result } from './result.js';
export { type Placed, Roster } from './roster.js';
export { TollgateError, type TollgateErrorOptions } from './tollgate-error.js';
export { booleanVariable, choiceVariable, integerVariable, optionalText, textVariable, urlVariable } from './variables.js';
