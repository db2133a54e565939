/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trust policies: c2sp.org/tlog-policy, and two lines of ours. Part of libansa-core.a: nothing
 * but string.h and the hasher.
 */
#include "client/proof.h"

#include "base/text.h"
#include "wire/lines.h"
#include "wire/note.h"

#define GROUP_BIT(i) (ANSA_POLICY_MAX + (i))
#define WORDS_MAX    (3u + 2u * ANSA_POLICY_MAX) /* group, its name, threshold, members */

struct reader {
        struct ansa_policy *policy;
        const struct hasher *hasher;
        uint64_t used; /* what is a member of a group, a bit each */
        bool has_quorum;
        struct ansa_bytes words[WORDS_MAX];
        size_t word_count;
        const char *problem;
};

static enum ansa_err say(struct reader *r, enum ansa_err err, const char *problem)
{
        r->problem = problem;
        return err;
}

static enum ansa_err malformed(struct reader *r, const char *problem)
{
        return say(r, ANSA_E_MALFORMED, problem);
}

static bool is_word(struct ansa_bytes word, const char *text)
{
        return ansa_bytes_equal(word, ansa_bytes_text(text));
}

/* Words of a line, between spaces and tabs. */
static enum ansa_err split(struct reader *r, struct ansa_bytes line)
{
        r->word_count = 0;
        for (size_t i = 0; i < line.size;) {
                size_t start = i;
                while (i < line.size && line.at[i] != ' ' && line.at[i] != '\t')
                        i++;
                if (i == start) {
                        i++;
                        continue;
                }
                if (r->word_count == WORDS_MAX)
                        return say(r, ANSA_E_LIMIT, "too many words");
                r->words[r->word_count++] = (struct ansa_bytes){ line.at + start, i - start };
        }
        return ANSA_OK;
}

static enum ansa_err take_key(struct reader *r, struct ansa_bytes text, enum note_type type,
                              struct ansa_policy_key *to)
{
        struct note_key key;
        enum ansa_err err = note_key_decode(r->hasher, text, &key);
        if (err == ANSA_E_UNSUPPORTED || (err == ANSA_OK && key.type != type))
                return say(r, ANSA_E_UNSUPPORTED,
                           type == NOTE_ED25519 ? "the key is not of the kind that logs have here"
                                                : "the key is not of the kind of witnesses");
        if (err != ANSA_OK)
                return say(r, err, "this is no verifier key, or its key id is not the right one");
        to->name = key.name;
        to->id = key.id;
        memcpy(to->key, key.key, sizeof(to->key));
        return ANSA_OK;
}

static bool has_key(const struct ansa_policy_key *keys, uint32_t count,
                    const struct ansa_policy_key *key)
{
        for (uint32_t i = 0; i < count; i++) {
                if (memcmp(keys[i].key, key->key, sizeof(key->key)) == 0)
                        return true;
        }
        return false;
}

/* log <vkey> [<url>] */
static enum ansa_err read_log(struct reader *r)
{
        struct ansa_policy *p = r->policy;
        struct ansa_policy_key key = { 0 };
        if (r->word_count < 2 || r->word_count > 3)
                return malformed(r, "a log has a verifier key, and may have a URL");
        if (p->log_count == ANSA_POLICY_MAX)
                return say(r, ANSA_E_LIMIT, "more than 32 logs");
        enum ansa_err err = take_key(r, r->words[1], NOTE_ED25519, &key);
        if (err != ANSA_OK)
                return err;
        if (has_key(p->logs, p->log_count, &key))
                return malformed(r, "there is a log with this key already");
        for (uint32_t i = 0; i < p->log_count; i++) {
                if (ansa_bytes_equal(p->logs[i].name, key.name))
                        key.case_sensitive = p->logs[i].case_sensitive;
        }
        if (r->word_count == 3)
                key.url = r->words[2];
        p->logs[p->log_count++] = key;
        return ANSA_OK;
}

/* The bit of a witness or group; ANSA_POLICY_NO_QUORUM when there is none of this name. */
static uint32_t find(const struct ansa_policy *p, struct ansa_bytes label)
{
        for (uint32_t i = 0; i < p->witness_count; i++) {
                if (ansa_bytes_equal(p->witnesses[i].label, label))
                        return i;
        }
        for (uint32_t i = 0; i < p->group_count; i++) {
                if (ansa_bytes_equal(p->groups[i].label, label))
                        return GROUP_BIT(i);
        }
        return ANSA_POLICY_NO_QUORUM;
}

static enum ansa_err check_label(struct reader *r, struct ansa_bytes label)
{
        if (is_word(label, "none"))
                return malformed(r, "\"none\" has a meaning of its own and cannot be a name");
        if (find(r->policy, label) != ANSA_POLICY_NO_QUORUM)
                return malformed(r, "there is a witness or group of this name already");
        return ANSA_OK;
}

/* witness <name> <vkey> [<url>] */
static enum ansa_err read_witness(struct reader *r)
{
        struct ansa_policy *p = r->policy;
        struct ansa_policy_key key = { 0 };
        if (r->word_count < 3 || r->word_count > 4)
                return malformed(r, "a witness has a name and a verifier key, and may have a URL");
        if (p->witness_count == ANSA_POLICY_MAX)
                return say(r, ANSA_E_LIMIT, "more than 32 witnesses");
        enum ansa_err err = check_label(r, r->words[1]);
        if (err == ANSA_OK)
                err = take_key(r, r->words[2], NOTE_COSIGNATURE, &key);
        if (err != ANSA_OK)
                return err;
        if (has_key(p->witnesses, p->witness_count, &key))
                return malformed(r, "there is a witness with this key already");
        key.label = r->words[1];
        if (r->word_count == 4)
                key.url = r->words[3];
        p->witnesses[p->witness_count++] = key;
        return ANSA_OK;
}

static enum ansa_err take_threshold(struct reader *r, struct ansa_bytes word, uint32_t members,
                                    uint32_t *threshold)
{
        uint64_t number = is_word(word, "any") ? 1 : members;
        if (!is_word(word, "any") && !is_word(word, "all") &&
            (text_decimal(word, members, &number) != ANSA_OK || number == 0))
                return malformed(r, "the threshold is not all, any, or a number from 1 to that of "
                                    "the members");
        *threshold = (uint32_t)number;
        return ANSA_OK;
}

/* group <name> all|any|<k> <name>... */
static enum ansa_err read_group(struct reader *r)
{
        struct ansa_policy *p = r->policy;
        struct ansa_policy_group group = { 0 };
        if (r->word_count < 4)
                return malformed(r, "a group has a name, a threshold, and members");
        if (p->group_count == ANSA_POLICY_MAX)
                return say(r, ANSA_E_LIMIT, "more than 32 groups");
        enum ansa_err err = check_label(r, r->words[1]);
        if (err == ANSA_OK)
                err = take_threshold(r, r->words[2], (uint32_t)r->word_count - 3, &group.threshold);
        if (err != ANSA_OK)
                return err;
        for (size_t i = 3; i < r->word_count; i++) {
                uint32_t bit = find(p, r->words[i]);
                if (bit == ANSA_POLICY_NO_QUORUM)
                        return malformed(r, "a member is not defined above");
                if ((r->used >> bit & 1) != 0)
                        return malformed(r, "a member is one already, of this group or another");
                r->used |= (uint64_t)1 << bit;
                group.members |= (uint64_t)1 << bit;
        }
        group.label = r->words[1];
        p->groups[p->group_count++] = group;
        return ANSA_OK;
}

/* quorum none|<name> */
static enum ansa_err read_quorum(struct reader *r)
{
        if (r->word_count != 2)
                return malformed(r, "a quorum is one name");
        if (r->has_quorum)
                return malformed(r, "there is a quorum already");
        r->has_quorum = true;
        r->policy->quorum = find(r->policy, r->words[1]);
        if (r->policy->quorum == ANSA_POLICY_NO_QUORUM && !is_word(r->words[1], "none"))
                return malformed(r, "the quorum is not defined above");
        return ANSA_OK;
}

/* max-age <seconds> */
static enum ansa_err read_max_age(struct reader *r)
{
        struct ansa_policy *p = r->policy;
        if (p->has_max_age)
                return malformed(r, "there is a greatest age already");
        if (r->word_count != 2 || text_decimal(r->words[1], UINT32_MAX, &p->max_age_s) != ANSA_OK)
                return malformed(r, "a greatest age is a number of seconds, up to 4294967295");
        p->has_max_age = true;
        return ANSA_OK;
}

/* case-sensitive <log name> */
static enum ansa_err read_case(struct reader *r)
{
        struct ansa_policy *p = r->policy;
        bool found = false;
        if (r->word_count != 2)
                return malformed(r, "which log is case-sensitive? One name");
        for (uint32_t i = 0; i < p->log_count; i++) {
                if (!ansa_bytes_equal(p->logs[i].name, r->words[1]))
                        continue;
                p->logs[i].case_sensitive = true;
                found = true;
        }
        return found ? ANSA_OK : malformed(r, "there is no log of this name above");
}

static bool has_controls(struct ansa_bytes line)
{
        for (size_t i = 0; i < line.size; i++) {
                if ((line.at[i] < 0x20 && line.at[i] != '\t') || line.at[i] == 0x7f)
                        return true;
        }
        return false;
}

static enum ansa_err read_line(struct reader *r, struct ansa_bytes line)
{
        static const struct {
                const char *word;
                enum ansa_err (*read)(struct reader *r);
        } lines[] = {
                { "log", read_log },         { "witness", read_witness },
                { "group", read_group },     { "quorum", read_quorum },
                { "max-age", read_max_age }, { "case-sensitive", read_case },
        };
        size_t front = 0;
        while (front < line.size && (line.at[front] == ' ' || line.at[front] == '\t'))
                front++;
        if (has_controls(line))
                return malformed(r, "there is a control character");
        bool is_comment = front < line.size && line.at[front] == '#';
        enum ansa_err err = is_comment ? ANSA_OK : split(r, line);
        if (err != ANSA_OK || is_comment || r->word_count == 0)
                return err;
        for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
                if (is_word(r->words[0], lines[i].word))
                        return lines[i].read(r);
        }
        return malformed(r, "this is none of log, witness, group, quorum, max-age, case-sensitive");
}

static enum ansa_err read_lines(struct reader *r, struct ansa_bytes text, uint32_t *number)
{
        struct ansa_bytes line;
        if (text.size > ANSA_POLICY_SIZE_MAX)
                return say(r, ANSA_E_LIMIT, "it is over 262144 octets");
        *number = 1;
        for (; lines_next(&text, &line); (*number)++) {
                enum ansa_err err = read_line(r, line);
                if (err != ANSA_OK)
                        return err;
        }
        /* A file that was cut off must not become another policy. */
        if (text.size > 0)
                return malformed(r, "there is no newline at its end");
        *number = 0;
        return r->has_quorum ? ANSA_OK
                             : malformed(r, "there is no quorum line (\"quorum none\" wants none)");
}

enum ansa_err ansa_policy_parse(struct ansa_policy *policy, struct ansa_bytes text,
                                const struct ansa_proof_crypto *crypto,
                                struct ansa_policy_problem *problem)
{
        struct proof_hasher hasher = proof_hasher_of(crypto);
        struct reader r = { .policy = policy, .hasher = &hasher.base };
        memset(policy, 0, sizeof(*policy));
        memset(problem, 0, sizeof(*problem));
        policy->quorum = ANSA_POLICY_NO_QUORUM;
        enum ansa_err err = read_lines(&r, text, &problem->line);
        problem->text = r.problem;
        if (err != ANSA_OK)
                memset(policy, 0, sizeof(*policy));
        return err;
}

bool ansa_policy_is_quorum(const struct ansa_policy *policy, uint32_t witnesses)
{
        uint64_t have =
                witnesses; /* groups join it in their order: each has members above it only */
        if (policy->quorum == ANSA_POLICY_NO_QUORUM)
                return true;
        for (uint32_t i = 0; i < policy->group_count; i++) {
                const struct ansa_policy_group *g = &policy->groups[i];
                uint32_t count = 0;
                for (uint64_t left = g->members & have; left != 0; left >>= 1)
                        count += left & 1;
                if (count >= g->threshold)
                        have |= (uint64_t)1 << GROUP_BIT(i);
        }
        return (have >> policy->quorum & 1) != 0;
}
