import { installMessages } from '../../functions/core/zod-messages.ts';

// Each function that has schemas to ask does so, too.
installMessages();
