/* SPDX-License-Identifier: Apache-2.0 */
/* ansa verify: what a proof in a file proves, to whom believes a policy. Asks nobody. */
#include "ansa/proof.h"
#include "base/env.h"
#include "base/text.h"
#include "programs/ansa/show.h"
#include "programs/ansa/verbs.h"
#include "programs/home.h"
#include "wire/bundle.h"
#include "wire/json.h"
#include "wire/name.h"

#include <stdlib.h>
#include <unistd.h>

#define OUTPUT_MAX (16u << 20)

/* A file that the command line names, or else a place where it may be. */
struct input {
        uint8_t *at;
        size_t size;
};

static enum exit_status read_input(const struct cli *c, const char *path, size_t size_max,
                                   struct input *in)
{
        enum ansa_err err = file_read(path, size_max, &in->at, &in->size);
        if (err == ANSA_OK)
                return EXIT_DONE;
        cli_say(c, "%s: %s", path, err == ANSA_E_LIMIT ? "it is too long" : ansa_err_text(err));
        return err == ANSA_E_NO_MEMORY ? EXIT_FAULT : EXIT_USAGE;
}

static enum exit_status read_standard_input(const struct cli *c, size_t size_max, struct input *in)
{
        in->at = malloc(size_max + 1);
        if (in->at == NULL)
                return cli_fail(c, ANSA_E_NO_MEMORY, "there is no memory for the proof");
        in->size = fread(in->at, 1, size_max + 1, stdin);
        if (ferror(stdin) == 0 && in->size <= size_max)
                return EXIT_DONE;
        cli_say(c, "standard input cannot be read, or is too long");
        return EXIT_USAGE;
}

/* --policy, or the user's own, or the system's. */
static const char *policy_path(const struct cli *c, char *room, size_t size)
{
        const char *home = getenv("HOME");
        const char *given = cli_value(c, "policy");
        if (given != NULL)
                return given;
        if (home != NULL) {
                int length = snprintf(room, size, "%s/.config/ansa/policy", home);
                if (length > 0 && (size_t)length < size && access(room, F_OK) == 0)
                        return room;
        }
        return "/etc/ansa/policy";
}

static enum exit_status read_policy(const struct cli *c, struct input *text,
                                    struct ansa_policy *policy)
{
        char room[4096];
        struct ansa_policy_problem problem;
        const char *path = policy_path(c, room, sizeof(room));
        if (cli_value(c, "policy") == NULL && access(path, F_OK) != 0) {
                cli_say(c, "whom to believe? --policy FILE (or ~/.config/ansa/policy, or %s)",
                        path);
                return EXIT_USAGE;
        }
        enum exit_status status = read_input(c, path, ANSA_POLICY_SIZE_MAX, text);
        if (status != EXIT_DONE)
                return status;
        if (ansa_policy_parse(policy, (struct ansa_bytes){ text->at, text->size },
                              ansa_proof_openssl(), &problem) == ANSA_OK)
                return EXIT_DONE;
        if (problem.line > 0)
                cli_say(c, "%s: line %u: %s", path, problem.line, problem.text);
        else
                cli_say(c, "%s: %s", path, problem.text);
        return EXIT_USAGE;
}

static void put_time(uint64_t time_s, struct buf *out)
{
        if (time_s <= UINT32_MAX)
                text_put_time(out, (uint32_t)time_s);
        else
                buf_printf(out, "%llu seconds after 1970", (unsigned long long)time_s);
}

/* The values that are shown, as a record has them. */
static void collect(struct ansa_proof proof, struct buf *wire, struct ansa_values *values)
{
        struct ansa_value value;
        uint32_t position;
        while (ansa_proof_next(&proof, &position, &value)) {
                size_t size = ansa_value_size(&value);
                uint8_t *at = buf_take(wire, size);
                if (at == NULL || ansa_value_encode(&value, at, size, &size) != ANSA_OK)
                        break;
        }
        *values = (struct ansa_values){ buf_written(wire), proof.shown_count };
}

static void put_counts(const struct ansa_proof *p, struct buf *out)
{
        uint32_t others = p->value_count - p->shown_count;
        if (p->has_all_public)
                buf_text(out, "These are all values that everybody may read");
        else
                buf_printf(out, "%u of the record's %u values are shown", p->shown_count,
                           p->value_count);
        if (p->has_all_public && others > 0)
                buf_printf(out, "; the record has %u more", others);
        buf_text(out, ".\n");
}

static void put_signers(const struct ansa_proof *p, const struct ansa_policy *policy,
                        struct buf *out)
{
        buf_text(out, "So says the log ");
        show_text(out, policy->logs[p->log].name);
        buf_printf(out, ", of %llu entries, on ", (unsigned long long)p->log_size);
        put_time(p->time_s, out);
        buf_text(out, ".\n");
        for (uint32_t i = 0; i < policy->witness_count; i++) {
                if ((p->witnesses >> i & 1) == 0)
                        continue;
                buf_text(out, "The witness ");
                show_text(out, policy->witnesses[i].label);
                buf_text(out, " saw the same log on ");
                put_time(p->witness_time_s[i], out);
                buf_text(out, ".\n");
        }
        if (p->witnesses == 0)
                buf_text(out, "No witness of the policy has cosigned it: the log could tell others "
                              "something else.\n");
}

static void put_words(const struct ansa_proof *p, const struct ansa_policy *policy,
                      struct ansa_values values, struct buf *out)
{
        show_text(out, p->name);
        buf_text(out, p->is_record ? "\n" : " does not exist.\n");
        if (p->is_record) {
                show_values(out, values);
                put_counts(p, out);
        }
        put_signers(p, policy, out);
}

static void put_json_signers(const struct ansa_proof *p, const struct ansa_policy *policy,
                             struct buf *out)
{
        buf_text(out, ",\"log\":");
        json_put_string(out, policy->logs[p->log].name);
        buf_printf(out, ",\"size\":%llu,\"root\":\"", (unsigned long long)p->log_size);
        text_put_hex(out, (struct ansa_bytes){ p->log_root, sizeof(p->log_root) });
        buf_printf(out, "\",\"time\":%llu,\"witnesses\":[", (unsigned long long)p->time_s);
        bool first = true;
        for (uint32_t i = 0; i < policy->witness_count; i++) {
                if ((p->witnesses >> i & 1) == 0)
                        continue;
                buf_text(out, first ? "{\"name\":" : ",{\"name\":");
                json_put_string(out, policy->witnesses[i].label);
                buf_printf(out, ",\"time\":%llu}", (unsigned long long)p->witness_time_s[i]);
                first = false;
        }
        buf_u8(out, ']');
}

static void put_json(const struct ansa_proof *p, const struct ansa_policy *policy,
                     struct ansa_values values, struct buf *out)
{
        buf_printf(out, "{\"exists\":%s", p->is_record ? "true" : "false");
        buf_text(out, ",\"identifier\":");
        json_put_string(out, p->name);
        put_json_signers(p, policy, out);
        if (p->is_record) {
                buf_printf(out, ",\"count\":%u,\"publicCount\":%u,\"shown\":%u,\"record\":",
                           p->value_count, p->public_count, p->shown_count);
                json_put_record(out, p->name, values);
        }
        buf_text(out, "}\n");
}

static enum exit_status tell(const struct cli *c, const struct ansa_proof *p,
                             const struct ansa_policy *policy)
{
        struct buf out = buf_growing(OUTPUT_MAX);
        struct buf wire = buf_growing(BUNDLE_SIZE_MAX);
        struct ansa_values values;
        collect(*p, &wire, &values);
        if (c->json)
                put_json(p, policy, values, &out);
        else
                put_words(p, policy, values, &out);
        bool done = wire.err == ANSA_OK && out.err == ANSA_OK &&
                    fwrite(out.at, 1, out.size, stdout) == out.size;
        buf_fini(&wire);
        buf_fini(&out);
        return done ? EXIT_DONE : cli_fail(c, ANSA_E_IO, "the answer could not be written");
}

static enum exit_status check(const struct cli *c, const struct input *in,
                              const struct ansa_policy *policy)
{
        struct env *env = env_system();
        struct ansa_proof proof;
        const char *id = cli_value(c, "id");
        uint8_t *room = malloc(in->size + 1);
        if (room == NULL)
                return cli_fail(c, ANSA_E_NO_MEMORY, "there is no memory for the proof");
        struct ansa_proof_input input = { .bundle = { in->at, in->size },
                                          .policy = policy,
                                          .crypto = ansa_proof_openssl(),
                                          .now_s = env->wall_s(env),
                                          .room = room,
                                          .room_size = in->size + 1 };
        if (id != NULL)
                input.name = name_from_user(ansa_bytes_text(id));
        enum exit_status status;
        if (ansa_proof_check(&input, &proof) == ANSA_OK) {
                status = tell(c, &proof, policy);
        } else {
                cli_say(c, "%s: the proof %s", c->arguments[0], ansa_proof_step_text(proof.step));
                status = EXIT_REFUSED;
        }
        free(room);
        return status;
}

enum exit_status verb_verify(struct cli *c)
{
        static struct ansa_policy policy; /* large */
        struct input text = { 0 };
        struct input in = { 0 };
        if (cli_has(c, "id") && name_from_user(ansa_bytes_text(cli_value(c, "id"))).size == 0) {
                cli_say(c, "--id wants an identifier");
                return EXIT_USAGE;
        }
        enum exit_status status = read_policy(c, &text, &policy);
        if (status == EXIT_DONE)
                status = strcmp(c->arguments[0], "-") == 0
                                 ? read_standard_input(c, BUNDLE_TEXT_SIZE_MAX, &in)
                                 : read_input(c, c->arguments[0], BUNDLE_TEXT_SIZE_MAX, &in);
        if (status == EXIT_DONE)
                status = check(c, &in, &policy);
        free(text.at);
        free(in.at);
        return status;
}
