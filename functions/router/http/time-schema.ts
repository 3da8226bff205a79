import * as z from 'zod';

/** The year of a later time has no four digits. */
const LAST_TIME = Date.UTC(9999, 11, 31);

/** Describes a time that a request names. */
export const timeTextSchema = () =>
  z.iso
    .datetime({ offset: true, abort: true })
    .refine((text) => Date.parse(text) >= 0 && Date.parse(text) < LAST_TIME, 'must be of the years 1970 to 9999');

/** Describes such a time, and reads it in milliseconds since the epoch. */
export const timeSchema = () => timeTextSchema().transform((text) => Date.parse(text));
