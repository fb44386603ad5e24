export { defaultHook as __excepthook__, type ExceptHook, type ExceptHookArgs } from '../internal/worker/report';
