import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_SECRETS } from '../../../../functions/core/webhook/signature.ts';
import { MAX_WEBHOOKS } from '../../../../functions/core/webhook/webhook.ts';
import { FrailProcess, type Frailty, STURDY } from '../../../doubles/frail-process.ts';
import { echo, greet } from '../../../doubles/task-definitions.ts';
import { tenant } from '../../../doubles/task-seed.ts';
import { createWorld } from '../../../doubles/world.ts';
import { callApi } from '../call-api.ts';

const acme = tenant('acme');
const url = 'https://hooks.example/millrace';
const worldOf = () => createWorld([greet, echo]);

describe('a webhook', () => {
  it('is made with a secret that is shown once', async () => {
    const world = worldOf();
    const made = await callApi(world, 'POST /api/webhooks', {
      body: { url, types: ['greet', 'greet'], statuses: ['failed'], includeOutput: true, name: 'shop' },
    });
    const { secret, ...shown } = made.body;
    expect(made).toMatchObject({ status: 201, headers: { location: `/api/webhooks/${shown.id}` } });
    expect(secret).toMatch(/^whsec_/);
    expect(shown).toEqual({
      id: expect.stringMatching(/^wh_/),
      tenantId: 'acme',
      name: 'shop',
      url,
      types: ['greet'],
      statuses: ['failed'],
      includeOutput: true,
      paused: false,
      createdAt: new Date(world.now).toISOString(),
    });
    expect((await callApi(world, `GET /api/webhooks/${shown.id}`)).body).toEqual(shown);
    expect((await callApi(world, 'GET /api/webhooks')).body).toEqual({ items: [shown] });
    expect(JSON.stringify(world.logged)).not.toContain(secret);
  });

  it('of all ends says no types and no statuses', async () => {
    const world = worldOf();
    const body = { url, statuses: ['failed', 'cancelled', 'succeeded'] };
    const made = await callApi(world, 'POST /api/webhooks', { body });
    for (const field of ['types', 'statuses', 'name', 'pauseReason']) expect(made.body).not.toHaveProperty(field);
  });

  it.each<[string, object, string[]]>([
    ['no URL', {}, ['/url']],
    ['what is no URL', { url: 'nowhere' }, ['/url']],
    ['another scheme', { url: 'ftp://hooks.example' }, ['/url']],
    ['a host that is not allowed', { url: 'https://elsewhere.test' }, ['/url']],
    ['an address of the network', { url: 'http://169.254.169.254/latest' }, ['/url']],
    ['credentials', { url: 'https://a:b@hooks.example' }, ['/url']],
    ['a URL that is too long', { url: `${url}?${'x'.repeat(2_048)}` }, ['/url']],
    ['a type that there is not', { url, types: ['greet', 'gret'] }, ['/types/1']],
    ['no types', { url, types: [] }, ['/types']],
    ['another status', { url, statuses: ['running'] }, ['/statuses/0']],
    ['an unknown field', { url, secret: 'x' }, ['/secret']],
  ])('is refused with %s, by its field', async (_, body, fields) => {
    const world = worldOf();
    const answer = await callApi(world, 'POST /api/webhooks', { body });
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    expect((answer.body.errors as { field: string }[]).map(({ field }) => field)).toEqual(fields);
    expect(await world.ports.webhooks.get(acme)).toEqual({ revision: 0, webhooks: [] });
  });

  it('is one of twenty at most', async () => {
    const world = worldOf();
    for (let count = 0; count < MAX_WEBHOOKS; count++) {
      expect(await callApi(world, 'POST /api/webhooks', { body: { url } })).toMatchObject({ status: 201 });
    }
    expect(await callApi(world, 'POST /api/webhooks', { body: { url } })).toMatchObject({
      status: 409,
      body: { code: 'invalid_status' },
    });
    const { items } = (await callApi(world, 'GET /api/webhooks')).body as { items: { id: string }[] };
    expect(items).toHaveLength(MAX_WEBHOOKS);
    // What is refused leaves no secret behind.
    const ids = new Set(items.map(({ id }) => id));
    const kept: string[] = [];
    const { replace } = world.ports.signingSecrets;
    world.ports.signingSecrets.replace = (...all) => {
      kept.push(all[1]);
      return replace.apply(world.ports.signingSecrets, all);
    };
    await callApi(world, 'POST /api/webhooks', { body: { url } });
    expect(kept.filter((id) => !ids.has(id))).toEqual([]);
  });

  it('made at once with others is lost to none of them', async () => {
    const world = worldOf();
    const made = await Promise.all(
      Array.from({ length: 4 }, () => callApi(world, 'POST /api/webhooks', { body: { url } })),
    );
    expect(made.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    expect((await world.ports.webhooks.get(acme)).webhooks).toHaveLength(4);
  });

  it('is paused, resumed and deleted, with its secret', async () => {
    const world = worldOf();
    const { id } = (await callApi(world, 'POST /api/webhooks', { body: { url } })).body;
    const path = `/api/webhooks/${id}`;
    expect(await callApi(world, `POST ${path}/pause`)).toMatchObject({
      status: 200,
      body: { paused: true, pauseReason: 'asked', pausedAt: new Date(world.now).toISOString() },
    });
    const resumed = await callApi(world, `POST ${path}/resume`);
    expect(resumed).toMatchObject({ status: 200, body: { paused: false } });
    expect(resumed.body).not.toHaveProperty('pausedAt');
    expect(await callApi(world, `DELETE ${path}`)).toMatchObject({ status: 200, body: { id } });
    expect(await callApi(world, `GET ${path}`)).toMatchObject({ status: 404 });
    expect(await world.ports.signingSecrets.get(acme, id as never)).toEqual([]);
  });
});

describe('a webhook of a key', () => {
  const headers = { 'idempotency-key': 'hook-1' };
  const make = (world: ReturnType<typeof worldOf>, more: object = {}, as: object = {}) =>
    callApi(world, 'POST /api/webhooks', { body: { url, ...more }, headers, ...as });

  it('is made once, and each request for it is told its secret', async () => {
    const world = worldOf();
    const first = await make(world, { types: ['greet'], statuses: ['failed', 'cancelled', 'succeeded'] });
    expect(first).toMatchObject({ status: 201 });
    expect(first.headers).not.toHaveProperty('idempotent-replayed');
    world.advance(5);
    const again = await make(world, { types: ['greet', 'greet'] });
    expect(again).toMatchObject({ status: 201, body: first.body, headers: { 'idempotent-replayed': 'true' } });
    expect((await world.ports.webhooks.get(acme)).webhooks).toHaveLength(1);
    expect(again.body).not.toHaveProperty('fingerprint');
  });

  it('is no other for what was asked otherwise', async () => {
    const world = worldOf();
    const { body } = await make(world);
    for (const more of [{ url: `${url}/2` }, { types: ['greet'] }, { statuses: ['failed'] }, { name: 'shop' }]) {
      const answer = await make(world, more);
      expect(answer).toMatchObject({ status: 409, body: { code: 'idempotency_conflict' } });
      expect(answer.body.detail).toContain(body.id);
      expect(JSON.stringify(answer.body)).not.toContain('whsec_');
    }
  });

  it('is of its tenant alone', async () => {
    const world = worldOf();
    const ids = await Promise.all(
      ['acme', 'globex'].map(async (tenantId) => {
        const answer = await make(world, {}, { caller: { tenantId, scopes: 'admin' } });
        expect(answer.headers).not.toHaveProperty('idempotent-replayed');
        return answer.body.id;
      }),
    );
    expect(new Set(ids).size).toBe(2);
  });

  it('is asked for again, though there may be no more, and anew once it is deleted', async () => {
    const world = worldOf();
    const { id } = (await make(world)).body;
    for (let count = 1; count < MAX_WEBHOOKS; count++) await callApi(world, 'POST /api/webhooks', { body: { url } });
    expect(await make(world)).toMatchObject({ status: 201, body: { id } });
    await callApi(world, `DELETE /api/webhooks/${id}`);
    const anew = await make(world);
    expect(anew.status).toBe(201);
    expect(anew.headers).not.toHaveProperty('idempotent-replayed');
  });

  it('is one, with one secret, whatever call of the router is refused, or is not answered', async () => {
    const calls = fc.array(fc.nat({ max: 6 }), { maxLength: 2 });
    const frailty: fc.Arbitrary<Frailty> = fc.record({
      ...Object.fromEntries(Object.entries(STURDY).map(([name, value]) => [name, fc.constant(value)])),
      refused: calls,
      unanswered: calls,
    }) as never;
    await fc.assert(
      fc.asyncProperty(fc.array(frailty, { minLength: 1, maxLength: 3 }), async (frailties) => {
        const world = worldOf();
        const secrets = new Set<unknown>();
        for (const one of [...frailties, STURDY]) {
          const frail = new FrailProcess(one);
          const answer = await make({ ...world, ports: frail.through(world.ports) } as never);
          if (answer.status === 201) secrets.add(answer.body.secret);
          else expect(answer.status).toBe(503);
        }
        const { webhooks } = await world.ports.webhooks.get(acme);
        expect(webhooks).toHaveLength(1);
        const kept = await world.ports.signingSecrets.get(acme, webhooks[0]?.id ?? ('' as never));
        expect([...secrets]).toEqual(kept.map(({ secret }) => secret));
      }),
      { numRuns: 60 },
    );
  });
});

describe('a secret', () => {
  it.each(['/api/webhooks/{id}/secret', '/api/webhooks/secret'])('is rotated by POST %s', async (pattern) => {
    const world = worldOf();
    const { id, secret } = (await callApi(world, 'POST /api/webhooks', { body: { url } })).body;
    const path = `POST ${pattern.replace('{id}', String(id))}`;
    const first = await callApi(world, path);
    const isOfWebhook = pattern.includes('{id}');
    expect('previousUntil' in first.body).toBe(isOfWebhook);
    const second = await callApi(world, path);
    const day = new Date(world.now + 86_400_000).toISOString();
    expect(second).toMatchObject({ status: 200, body: { previousUntil: day } });
    const kept = await world.ports.signingSecrets.get(acme, isOfWebhook ? (id as never) : 'onEnd');
    expect(kept.map((one) => one.secret)).toEqual([
      second.body.secret,
      first.body.secret,
      ...(isOfWebhook ? [secret] : []),
    ]);
    for (let count = kept.length; count < MAX_SECRETS; count++) await callApi(world, path);
    expect(await callApi(world, path)).toMatchObject({ status: 409, body: { code: 'invalid_status' } });
  });
});

describe('onEnd', () => {
  const submit = (onEnd: unknown) => ({ type: 'greet', input: { name: 'Ada' }, onEnd });

  it('is kept with its task, and shown with it', async () => {
    const world = worldOf();
    const onEnd = { url, statuses: ['failed'], includeOutput: true };
    const made = await callApi(world, 'POST /api/tasks', { body: submit(onEnd) });
    expect(made).toMatchObject({ status: 202, body: { onEnd } });
    expect(await callApi(world, `GET /api/tasks/${made.body.id}`)).toMatchObject({ body: { onEnd } });
    const batch = await callApi(world, 'POST /api/tasks/batch', { body: { tasks: [submit({ url })] } });
    const { results } = batch.body as { results: [{ task: { id: string } }] };
    expect(await callApi(world, `GET /api/tasks/${results[0].task.id}`)).toMatchObject({ body: { onEnd: { url } } });
  });

  it.each(['https://elsewhere.test', 'http://10.0.0.1', 'nowhere'])('to %s is a 400 that says why', async (to) => {
    const world = worldOf();
    const answer = await callApi(world, 'POST /api/tasks', { body: submit({ url: to }) });
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    const errors = answer.body.errors as { field: string; message: string }[];
    expect(new Set(errors.map(({ field }) => field))).toEqual(new Set(['/onEnd/url']));
    const bulk = await callApi(world, 'POST /api/tasks/batch', { body: { tasks: [submit({ url: to })] } });
    expect(bulk.body).toMatchObject({ rejected: 1 });
  });

  it('takes none of the room that the row of its task has', async () => {
    const world = worldOf();
    const input = { name: 'x'.repeat(220) };
    const { id } = (await callApi(world, 'POST /api/tasks', { body: { ...submit({ url }), input } })).body;
    const task = await world.ports.store.get(acme, id as never, world.now);
    expect(task?.input).toHaveProperty('ref');
    expect(task?.onEnd).toEqual({ inline: { url } });
    expect(await callApi(world, `GET /api/tasks/${id}`)).toMatchObject({ body: { input, onEnd: { url } } });
  });

  it('that is said otherwise, and means the same, is the same submit', async () => {
    const world = worldOf();
    const headers = { 'idempotency-key': 'order-1' };
    const ask = (onEnd: object) => callApi(world, 'POST /api/tasks', { headers, body: submit(onEnd) });
    const { body } = await ask({ url });
    const same = { url, statuses: ['cancelled', 'failed', 'succeeded'], includeOutput: false };
    expect(await ask(same)).toMatchObject({ status: 202, body: { id: body.id } });
    expect(await ask({ url, includeOutput: true })).toMatchObject({ status: 409 });
  });
});

it("a type of Millrace's own is submitted by nobody", async () => {
  const answer = await callApi(worldOf(), 'POST /api/tasks', { body: { type: 'millrace.webhook', input: {} } });
  expect(answer).toMatchObject({ status: 400, body: { errors: [{ field: '/type' }] } });
});
