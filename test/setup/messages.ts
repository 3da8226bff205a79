import { installMessages } from '../../functions/core/zod-messages.ts';

// As each function does that has schemas to ask.
installMessages();
