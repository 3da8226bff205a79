import { DEFAULT_RETRY, defineTask } from 'millrace';
import * as z from 'zod';

export const greet = defineTask({
  type: 'greet',
  description: 'Greets someone.',
  resources: 'default',
  priority: 'normal',
  timeoutSeconds: 10,
  retry: DEFAULT_RETRY,
  input: z.strictObject({ name: z.string().min(1).describe('Whom to greet.') }),
  async run({ name }, ctx) {
    if (name === 'Voldemort') ctx.fail('unspeakable', 'he is not greeted');
    ctx.log('greeting', { name });
    return { greeting: `Hello ${name}` };
  },
});
