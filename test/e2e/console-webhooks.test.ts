import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, post, submit } from './api.ts';
import { accessibilityViolations } from './browser.ts';
import { grant } from './grant.ts';
import { button, confirm, inConsole, render } from './in-console.ts';
import { type Receiver, startReceiver } from './receiver.ts';

let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver(() => (_, response) => response.writeHead(204).end());
});
afterAll(() => receiver.close());

/** Makes a webhook of a tenant of its own, and returns its id and the key of the tenant. */
async function webhookOf(tenantName: string): Promise<{ readonly id: string; readonly key: string }> {
  const key = await grant(tenantName, ['submit', 'read', 'operate', 'admin']);
  const { status, body } = await post('/api/webhooks', { url: receiver.url, name: 'billing' }, { key });
  expect(status).toBe(201);
  return { id: String(body.id), key };
}

describe('a webhook', () => {
  it('is added by a form, which shows its secret once, and its deliveries are listed with their tasks', async () => {
    const key = await grant('hooked', ['submit', 'read', 'operate', 'admin']);
    await inConsole(
      '#/webhooks',
      async (page) => {
        await page.getByText('There are no webhooks yet.').waitFor();
        await page.getByRole('link', { name: 'Add the first' }).click();
        await page.getByLabel('url').fill('ftp://nowhere');
        await button(page, 'Add the webhook').click();
        await page.locator('[aria-invalid="true"]').waitFor();
        expect(await page.getByLabel('url').getAttribute('aria-invalid')).toBe('true');
        await page.getByLabel('url').fill(receiver.url);
        await button(page, 'Add to statuses').click();
        await page.getByLabel('statuses 1', { exact: true }).selectOption('succeeded');
        await button(page, 'Add the webhook').click();
        const secret = page.getByRole('region', { name: 'Keep this secret now' });
        await secret.getByText(/^whsec_/).waitFor();
        expect(await accessibilityViolations(page)).toEqual([]);
        await page.getByRole('link', { name: 'Go to the webhook' }).click();
        await page.getByText('There are no deliveries here.').waitFor();
        expect(await page.content()).not.toContain('whsec_');

        const { id } = await submit(render, { key });
        const delivery = page.locator('.deliveries tbody tr').first();
        await delivery.locator('.badge.status-succeeded').waitFor({ timeout: 45_000 });
        await delivery.getByRole('link').click();
        await page.getByRole('heading', { level: 1, name: 'millrace.webhook' }).waitFor();
        await page.locator('.json').first().getByText(id).waitFor();
        expect(await page.getByRole('link', { name: 'Submit a copy' }).count()).toBe(0);
        await page.getByRole('link', { name: /webhook wh_/ }).click();
        await page.getByRole('heading', { level: 2, name: 'Deliveries' }).waitFor();
      },
      key,
    );
  });

  it('is paused, resumed, given another secret and deleted, and a delivery that was cancelled is sent again', async () => {
    const { id, key } = await webhookOf('rehooked');
    await inConsole(
      `#/webhooks/${id}`,
      async (page) => {
        await confirm(page, 'Pause');
        await page.getByText('Paused: it is told nothing').waitFor();
        await confirm(page, 'Resume');
        await button(page, 'Pause').waitFor();
        await confirm(page, 'Rotate the secret');
        await page
          .getByRole('region', { name: 'Keep this secret now' })
          .getByText('the one before signs as well')
          .waitFor();

        await submit(render, { key });
        const path = `/api/tasks?assigneeType=webhook&assigneeId=${id}`;
        await expect
          .poll(async () => (await call('GET', path, { key })).body.items, { timeout: 45_000 })
          .toHaveLength(1);
        const [delivery] = (await call('GET', path, { key })).body.items as { id: string }[];
        await page.route(`**${path}*`, async (route) => {
          const answer = await route.fetch();
          const body = await answer.json();
          const items = body.items.map((item: object) => ({ ...item, status: 'failed' }));
          await route.fulfill({ response: answer, json: { ...body, items } });
        });
        await button(page, `Send again ${delivery?.id}`).click();
        await page.getByRole('dialog').getByRole('button', { name: 'Send again' }).click();
        // It has been delivered in truth, and the API says so.
        await page.getByRole('dialog').getByText('Not possible').waitFor();
        expect(await accessibilityViolations(page)).toEqual([]);
        await page.keyboard.press('Escape');

        await confirm(page, 'Delete');
        await page.getByText('The webhook is deleted.').waitFor();
        await page.getByText('There are no webhooks yet.').waitFor();
      },
      key,
    );
  });

  it('that somebody else deletes is said to be gone', async () => {
    const { id, key } = await webhookOf('unhooked');
    await inConsole(
      `#/webhooks/${id}`,
      async (page) => {
        await button(page, 'Pause').waitFor();
        expect((await call('DELETE', `/api/webhooks/${id}`, { key })).status).toBe(200);
        await page.getByText('This webhook has been deleted.').waitFor();
        expect(await button(page, 'Pause').count()).toBe(0);
      },
      key,
    );
  });

  it('is added by nobody whose key may not: the form says which scope is missing, and keeps what was written', async () => {
    await inConsole(
      '#/webhook-form',
      async (page) => {
        await page.getByLabel('url').fill(receiver.url);
        await button(page, 'Add the webhook').click();
        expect(await page.getByRole('alert').textContent()).toMatch(/scope admin/);
        expect(await page.getByLabel('url').inputValue()).toBe(receiver.url);
      },
      await grant('local', ['submit', 'read', 'operate']),
    );
  });
});
