// SPDX-License-Identifier: Apache-2.0
// The sentences for administrators, known to say() as soon as this is imported.
import en from './messages.admin.js';
import { learn } from './say.js';

learn({ en });
