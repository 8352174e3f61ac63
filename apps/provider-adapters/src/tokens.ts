export const ADAPTER_HELLO = Symbol('AdapterHello');
export const ADAPTER = Symbol('Adapter');
