import { END_STATUSES } from '../api/webhook.ts';
import type { Field } from './field.ts';

/** Returns the field of what a webhook says. The API has the last word on all of it. */
export const webhookField = (types: readonly string[]): Field => ({
  kind: 'object',
  properties: [
    {
      name: 'url',
      isRequired: true,
      field: {
        kind: 'text',
        isLong: false,
        maxLength: 2_048,
        description: 'Where each end is POSTed to: a host that the deployment allows.',
      },
    },
    {
      name: 'types',
      isRequired: false,
      field: {
        kind: 'list',
        item: { kind: 'choice', options: types },
        description:
          'Of tasks of these types, subtasks among them; if none is given, of all tasks that are no subtasks.',
      },
    },
    {
      name: 'statuses',
      isRequired: false,
      field: {
        kind: 'list',
        item: { kind: 'choice', options: END_STATUSES },
        description: 'Of tasks that have ended so; of all, if none is given.',
      },
    },
    {
      name: 'includeOutput',
      isRequired: false,
      field: {
        kind: 'choice',
        options: [true, false],
        fallback: false,
        description: 'Tells the output, up to 64 KB of it.',
      },
    },
    {
      name: 'name',
      isRequired: false,
      field: { kind: 'text', isLong: false, maxLength: 128, description: 'For people, to find it by.' },
    },
  ],
});
