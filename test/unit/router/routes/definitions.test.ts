import { beforeEach, describe, expect, it } from 'vitest';
import { greet } from '../../../doubles/task-definitions.ts';
import { createWorld, type World } from '../../../doubles/world.ts';
import { callApi } from '../call-api.ts';

let world: World;
beforeEach(() => {
  world = createWorld([greet]);
});

const patch = (body: unknown, type = 'greet') => callApi(world, `PATCH /api/definitions/${type}`, { body });
const read = (type = 'greet') => callApi(world, `GET /api/definitions/${type}`);
const submit = async (more: Record<string, unknown> = {}) =>
  (await callApi(world, 'POST /api/tasks', { body: { type: 'greet', input: { name: 'Ada' }, ...more } })).body;

describe('a definition', () => {
  it('is shown as its type says', async () => {
    expect(await read()).toMatchObject({
      status: 200,
      body: { type: 'greet', priority: 'normal', timeoutSeconds: 10, paused: false, settings: {} },
    });
  });

  it.each(['gone', '__proto__', 'constructor'])('of the type %s is not_found', async (type) => {
    expect(await read(type)).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect(await patch({ paused: true }, type)).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });
});

it('a type that has gone with settings of its own is not_found, and it is said what becomes of its tasks', async () => {
  await patch({ paused: true });
  Reflect.deleteProperty(world.ports.catalog, 'greet');
  for (const answer of [await read(), await patch({ paused: null })]) {
    expect(answer).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect(answer.body.detail).toContain('end with unknown_task_type');
  }
  expect((await read('never')).body.detail).not.toContain('unknown_task_type');
});

describe('a patch', () => {
  it('holds for what is submitted after it, unless a submit says otherwise', async () => {
    const settings = { priority: 'high', timeoutSeconds: 20, maxAttempts: 5 };
    expect(await patch(settings)).toMatchObject({
      status: 200,
      body: { priority: 'high', timeoutSeconds: 20, retry: { maxAttempts: 5, baseDelaySeconds: 4 }, settings },
    });
    expect(await submit()).toMatchObject({ ...settings, executorKey: 'default/high/0' });
    expect(await submit({ priority: 'low', maxAttempts: 1 })).toMatchObject({ priority: 'low', maxAttempts: 1 });
    expect((await read()).body).toMatchObject({ settings });
    const { body } = await callApi(world, 'GET /api/definitions');
    expect(body.items).toMatchObject([{ priority: 'high', settings }]);
  });

  it('leaves what it does not name, and puts back what it gives as null', async () => {
    await patch({ priority: 'high', paused: true });
    expect((await patch({ priority: null })).body).toMatchObject({ priority: 'normal', settings: { paused: true } });
    expect((await patch({})).body).toMatchObject({ paused: true });
  });

  it('that ends a pause is kept with its time, which nobody is shown', async () => {
    await patch({ paused: true });
    expect(await world.ports.settings.get('greet')).toEqual({ paused: true });
    world.advance(3600);
    expect((await patch({ paused: null })).body).toMatchObject({ paused: false, settings: {} });
    expect(await world.ports.settings.get('greet')).toEqual({ resumedAt: world.now });
    world.advance(60);
    expect((await patch({ priority: 'high' })).body.settings).toEqual({ priority: 'high' });
    expect(await world.ports.settings.get('greet')).toEqual({ priority: 'high', resumedAt: world.now - 60_000 });
    expect((await patch({ paused: false })).body.settings).toEqual({ paused: false, priority: 'high' });
    expect(await world.ports.settings.get('greet')).toMatchObject({ resumedAt: world.now });
  });

  it('that pauses still lets tasks be submitted', async () => {
    await patch({ paused: true });
    expect(await submit()).toMatchObject({ status: 'queued' });
  });

  it.each([
    [{ paused: 'yes' }, ['/paused']],
    [{ priority: 'urgent' }, ['/priority']],
    [{ timeoutSeconds: 0 }, ['/timeoutSeconds']],
    [{ timeoutSeconds: 51 }, ['/timeoutSeconds']],
    [{ maxAttempts: 21 }, ['/maxAttempts']],
    [{ resources: 'cpu-intensive' }, ['/resources']],
    [{ paused: 1, maxAttempts: 0.5 }, ['/paused', '/maxAttempts']],
  ])('of %j is invalid_request and changes nothing', async (body, fields) => {
    const answer = await patch(body);
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    expect((answer.body.errors as { field: string }[]).map(({ field }) => field)).toEqual(fields);
    expect((await read()).body).toMatchObject({ settings: {} });
  });
});
