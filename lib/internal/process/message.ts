/** What a process is started with. */
import type { InstanceMessage } from '../subclasses';
import type { About } from './about';

export interface ProcessMessage {
  about: About;
  /** The target as `refText`; '' for a class that overrides `run`. */
  target: string;
  args: unknown[];
  kwargs: Record<string, unknown> | undefined;
  instance: InstanceMessage | undefined;
  argv: string[];
}
