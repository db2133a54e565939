/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_IDENTIFIER_REFERRAL_H
#define ANSA_IDENTIFIER_REFERRAL_H

#include "identifier/view.h"

/**
 * Prefix referral (irp-service 2): for "0.NA/x.y" that is not stored here, the public
 * HS_SITE.PREFIX, HS_NA_DELEGATE and HS_SERV.PREFIX values of the nearest ancestor that has
 * any. ANSA_E_NOT_FOUND when there is none (or FLAG_DO_NOT_REFER is set, or the operation does
 * not refer clients of that version); other errors when that cannot be told.
 */
ANSA_CHECKED enum ansa_err referral_find(struct view *v, const struct message *request,
                                         struct ansa_bytes name, struct ansa_values *values);

#endif
