import { describe, expect, it } from 'vitest';
import { SCOPES } from '../../functions/core/tenant/access-key.ts';
import { call } from './api.ts';
import { accessibilityViolations } from './browser.ts';
import { grant } from './grant.ts';
import { button, CONSOLE, confirm, inConsole, render, scheduleOf } from './in-console.ts';

describe('a schedule', () => {
  it('is made by a form, and then changed, paused, resumed, run and deleted', async () => {
    await inConsole('#/schedule-form?type=markdown.render', async (page) => {
      await page.getByLabel('cron').fill('30 6 * * MON-FRI');
      await page.getByLabel('timezone').fill('Europe/Atlantis');
      await button(page, 'Use the example').click();
      await button(page, 'Make the schedule').click();
      await page.getByText('is no time zone of the IANA database').waitFor();
      expect(await page.getByLabel('timezone').getAttribute('aria-invalid')).toBe('true');
      await expect.poll(() => page.evaluate('document.activeElement?.value')).toBe('Europe/Atlantis');
      expect(await accessibilityViolations(page)).toEqual([]);
      await page.getByLabel('timezone').fill('Asia/Tokyo');
      await button(page, 'Make the schedule').click();
      await page.getByText('The schedule is made.').waitFor();
      const times = page.getByRole('region', { name: 'Next times' });
      await times.getByRole('listitem').nth(4).waitFor();
      expect(await times.getByRole('listitem').count()).toBe(5);
      expect(await times.textContent()).toMatch(/In your time zone, \w+/);
      expect(await times.getByRole('listitem').first().textContent()).toMatch(/6:30.* in Asia\/Tokyo/);

      await page.getByRole('link', { name: 'Edit' }).click();
      await page.getByLabel('name').fill('greetings');
      await page.getByLabel('overlap').selectOption('skip');
      await button(page, 'Save').click();
      await page.getByRole('heading', { level: 1, name: 'greetings' }).waitFor();
      await page.getByText('skip: the firing is left out').waitFor();

      await confirm(page, 'Pause');
      await page.getByText('None while it is paused.').waitFor();
      await confirm(page, 'Run now');
      const latest = page.getByRole('region', { name: 'Latest firing' });
      await latest.getByText('fired').waitFor();
      await confirm(page, 'Resume');
      await times.getByRole('listitem').nth(4).waitFor();
      await latest.getByText('succeeded').waitFor();
      await latest.getByRole('link').click();
      await page.getByRole('heading', { level: 1, name: 'markdown.render' }).waitFor();
      await page.goBack();

      await confirm(page, 'Delete');
      await page.getByText('The schedule is deleted.').waitFor();
      await page.getByRole('heading', { level: 1, name: 'Schedules' }).waitFor();
    });
  });

  it('by a rate has no time zone, and turns to a clock without losing what was written', async () => {
    await inConsole('#/schedule-form?type=markdown.render', async (page) => {
      await page.getByLabel('cron').fill('@daily');
      await page.getByLabel('Fires').selectOption('rateMinutes');
      await page.getByLabel('rateMinutes').fill('0');
      await page.getByLabel('missed').selectOption('all');
      await page.getByLabel('overlap').selectOption('cancel');
      await button(page, 'Use the example').click();
      await button(page, 'Make the schedule').click();
      await page.getByText('Not accepted').waitFor();
      expect(await page.getByLabel('rateMinutes').getAttribute('aria-invalid')).toBe('true');
      await page.getByLabel('rateMinutes').fill('1440');
      await button(page, 'Make the schedule').click();
      await page.getByText('all is for overlap queue').waitFor();
      await page.getByLabel('Fires').selectOption('cron');
      expect(await page.getByLabel('cron').inputValue()).toBe('@daily');
      await page.getByLabel('Fires').selectOption('rateMinutes');
      await page.getByLabel('overlap').selectOption('queue');
      await button(page, 'Make the schedule').click();
      await page.getByText('every 1 d').waitFor();
      await confirm(page, 'Delete');
      await page.getByText('The schedule is deleted.').waitFor();
    });
  });

  it('that somebody else deletes is said to be gone, and offers nothing more', async () => {
    const id = await scheduleOf(render);
    await inConsole(`#/schedules/${id}`, async (page) => {
      await button(page, 'Pause').waitFor();
      expect((await call('DELETE', `/api/schedules/${id}`)).status).toBe(200);
      await page.getByText('This schedule has been deleted.').waitFor();
      expect(await button(page, 'Pause').count()).toBe(0);
      expect(await accessibilityViolations(page)).toEqual([]);
    });
  });

  it('that somebody else deletes while it is edited is told where it is saved', async () => {
    const id = await scheduleOf(render);
    await inConsole(`#/schedule-form?id=${id}`, async (page) => {
      await page.getByLabel('name').fill('mine');
      expect((await call('DELETE', `/api/schedules/${id}`)).status).toBe(200);
      await button(page, 'Save').click();
      expect(await page.getByRole('alert').textContent()).toMatch(/There is no such schedule/);
      expect(await page.getByLabel('name').inputValue()).toBe('mine');
    });
  });

  it('of a definition says so, and can be neither edited nor deleted', async () => {
    const id = await scheduleOf(render);
    await inConsole('#/schedules', async (page) => {
      await page.route(`**/api/schedules/${id}`, async (route) => {
        const answer = await route.fetch();
        await route.fulfill({ response: answer, json: { ...(await answer.json()), source: 'definition' } });
      });
      await page.goto(`${CONSOLE}#/schedules/${id}`);
      await page.getByText('It stands in the definition of its type').waitFor();
      expect(await page.getByRole('link', { name: 'Edit' }).count()).toBe(0);
      expect(await button(page, 'Delete').count()).toBe(0);
      expect(await button(page, 'Run now').count()).toBe(1);
      await page.goto(`${CONSOLE}#/schedule-form?id=${id}`);
      await page.getByText('It is changed in the definition of markdown.render').waitFor();
    });
  });

  it('is changed by nobody whose key may not: the dialog says which scope is missing', async () => {
    const id = await scheduleOf(render);
    await inConsole(
      `#/schedules/${id}`,
      async (page) => {
        for (const [name, scope] of [
          ['Pause', 'operate'],
          ['Run now', 'submit'],
        ] as const) {
          await confirm(page, name);
          await page.getByRole('dialog').getByText(`the scope ${scope}`).waitFor();
          await page.keyboard.press('Escape');
        }
      },
      await grant('local', ['read']),
    );
  });
});

describe('the list of schedules', () => {
  it('says so where there are none, and leads to the form', async () => {
    await inConsole(
      '#/schedules',
      async (page) => {
        await page.getByText('There are no schedules yet.').waitFor();
        await page.getByRole('link', { name: 'Make the first' }).click();
        await page.getByRole('heading', { level: 1, name: 'Make a schedule' }).waitFor();
      },
      await grant('no-schedules', ['read']),
    );
  });

  it('shows many page by page, each with its pattern and its zone', async () => {
    const key = await grant('many-schedules', SCOPES);
    for (let count = 0; count < 27; count++) await scheduleOf(render, { key });
    await inConsole(
      '#/schedules',
      async (page) => {
        await page.locator('tbody tr').nth(24).waitFor();
        expect(await page.locator('tbody tr').count()).toBe(25);
        expect(await page.locator('tbody tr').first().textContent()).toContain('30 6 1 1 * Europe/Berlin');
        await button(page, 'Next →').click();
        await page.getByText('Page 2').waitFor();
        await page.locator('tbody tr').nth(1).waitFor();
        expect(await page.locator('tbody tr').count()).toBe(2);
      },
      key,
    );
  });
});
