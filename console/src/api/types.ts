import type { components } from './schema';

/** Shapes of the management API by the names of its document. */
type Schemas = components['schemas'];

export type Key = Schemas['Key'];
export type KeyProperties = Schemas['KeyProperties'];
export type KeyWithSecret = Schemas['KeyWithSecret'];
export type Environment = Schemas['EnvironmentBody'];
