/* SPDX-License-Identifier: Apache-2.0 */
#include "identifier/pattern.h"

#include "base/assert.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define NEST_MAX    50u      /* parentheses */
#define HEAP_MAX    1024u    /* KiB for backtracking */
#define DEPTH_MAX   10000u   /* backtracking points remembered */
#define MATCH_MAX   1000000u /* a second fence: the budget ends matches long before */
#define STEP_OCTETS 256u /* a step over a long subject costs more: one part for so many octets */

/* Called before each item of the pattern is tried. */
static int pay(pcre2_callout_block *block, void *context)
{
        uint32_t *budget = context;
        uint32_t price = 1 + (uint32_t)(block->subject_length / STEP_OCTETS);
        if (*budget < price) {
                *budget = 0;
                return PCRE2_ERROR_MATCHLIMIT;
        }
        *budget -= price;
        return 0;
}

static pcre2_code *compile(struct ansa_bytes pattern, bool ignore_case, enum ansa_err *err)
{
        *err = ANSA_E_NO_MEMORY;
        pcre2_compile_context *context = pcre2_compile_context_create(NULL);
        if (context == NULL)
                return NULL;
        (void)pcre2_set_max_pattern_length(context, PATTERN_SIZE_MAX);
        (void)pcre2_set_parens_nest_limit(context, NEST_MAX);
        uint32_t options = PCRE2_UTF | PCRE2_ANCHORED | PCRE2_ENDANCHORED |
                           PCRE2_NEVER_BACKSLASH_C | PCRE2_AUTO_CALLOUT |
                           (ignore_case ? PCRE2_CASELESS : 0);
        int error = 0;
        PCRE2_SIZE offset = 0;
        const uint8_t *at = pattern.size > 0 ? pattern.at : (const uint8_t *)"";
        pcre2_code *code = pcre2_compile(at, pattern.size, options, &error, &offset, context);
        pcre2_compile_context_free(context);
        *err = ANSA_OK;
        if (code == NULL)
                *err = error == PCRE2_ERROR_NOMEMORY ? ANSA_E_NO_MEMORY : ANSA_E_MALFORMED;
        return code;
}

static enum ansa_err err_of(int rc)
{
        if (rc <= PCRE2_ERROR_UTF8_ERR1 && rc >= PCRE2_ERROR_UTF8_ERR21)
                return ANSA_E_NOT_FOUND;
        switch (rc) {
        case PCRE2_ERROR_NOMATCH:
                return ANSA_E_NOT_FOUND;
        case PCRE2_ERROR_MATCHLIMIT:
        case PCRE2_ERROR_DEPTHLIMIT:
        case PCRE2_ERROR_HEAPLIMIT:
        case PCRE2_ERROR_RECURSELOOP:
                return ANSA_E_LIMIT;
        case PCRE2_ERROR_NOMEMORY:
                return ANSA_E_NO_MEMORY;
        default:
                return ANSA_E_MALFORMED;
        }
}

static void take_groups(const pcre2_match_data *data, size_t count, struct ansa_bytes subject,
                        struct pattern_match *match)
{
        union {
                const pcre2_match_data *in;
                pcre2_match_data *out; /* what PCRE2 wants, and does not write */
        } u = { .in = data };
        const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(u.out);
        for (size_t i = 0; i < count && i < PATTERN_GROUPS_MAX; i++) {
                PCRE2_SIZE from = ends[2 * i];
                PCRE2_SIZE to = ends[2 * i + 1];
                /* Unset, or \K in a look-ahead, which puts the start behind the end. */
                if (from == PCRE2_UNSET || from > to)
                        continue;
                ansa_assert(to <= subject.size);
                if (to > from)
                        match->groups[i] = (struct ansa_bytes){ subject.at + from, to - from };
        }
        match->group_count = count < PATTERN_GROUPS_MAX ? count : PATTERN_GROUPS_MAX;
}

enum ansa_err pattern_match(struct ansa_bytes pattern, struct ansa_bytes subject, bool ignore_case,
                            uint32_t *budget, struct pattern_match *match)
{
        *match = (struct pattern_match){ 0 };
        if (pattern.size > PATTERN_SIZE_MAX || subject.size > PATTERN_SUBJECT_MAX)
                return ANSA_E_LIMIT;
        enum ansa_err err;
        pcre2_match_data *data = NULL;
        pcre2_match_context *context = NULL;
        pcre2_code *code = compile(pattern, ignore_case, &err);
        if (code == NULL)
                return err;
        err = ANSA_E_NO_MEMORY;
        data = pcre2_match_data_create_from_pattern(code, NULL);
        context = pcre2_match_context_create(NULL);
        if (data == NULL || context == NULL)
                goto out;
        (void)pcre2_set_callout(context, pay, budget);
        (void)pcre2_set_match_limit(context, MATCH_MAX);
        (void)pcre2_set_depth_limit(context, DEPTH_MAX);
        (void)pcre2_set_heap_limit(context, HEAP_MAX);
        const uint8_t *at = subject.size > 0 ? subject.at : (const uint8_t *)"";
        int rc = pcre2_match(code, at, subject.size, 0, 0, data, context);
        err = rc < 0 ? err_of(rc) : ANSA_OK;
        if (err == ANSA_OK)
                take_groups(data, (size_t)rc, subject, match);
out:
        pcre2_match_context_free(context);
        pcre2_match_data_free(data);
        pcre2_code_free(code);
        return err;
}
