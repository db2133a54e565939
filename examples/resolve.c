/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Resolve an identifier: resolve ROOT IDENTIFIER [TYPE], where ROOT is a bootstrap file, or the
 * HOST[:PORT] of one server to ask.
 *
 *      cc resolve.c -o resolve $(pkg-config --cflags --libs libansa)
 */
#include <ansa/ansa.h>

#include <stdio.h>

static enum ansa_err begin_at(struct ansa_client *client, const char *root)
{
        static uint8_t text[1 << 20];
        FILE *file = fopen(root, "rb");
        if (file == NULL)
                return ansa_client_set_server(client, root, ANSA_TRANSPORT_ANY);
        size_t size = fread(text, 1, sizeof(text), file);
        (void)fclose(file);
        return ansa_client_add_bootstrap(client, (struct ansa_bytes){ text, size });
}

int main(int argc, char **argv)
{
        struct ansa_client *client;
        struct ansa_call *call = NULL;
        if (argc < 3 || ansa_client_new(NULL, &client) != ANSA_OK)
                return 2;
        enum ansa_err err = begin_at(client, argv[1]);
        if (err != ANSA_OK) {
                (void)fprintf(stderr, "%s\n", ansa_client_problem(client));
                goto out;
        }
        struct ansa_bytes type = ansa_bytes_text(argc > 3 ? argv[3] : "");
        struct ansa_request request = { .operation = ANSA_RESOLVE,
                                        .name = ansa_name_from_user(ansa_bytes_text(argv[2])),
                                        .types = &type,
                                        .type_count = argc > 3 ? 1 : 0 };
        err = ansa_run(client, &request, &call);
        if (call == NULL)
                goto out;
        struct ansa_values values = ansa_call_answer(call)->values;
        struct ansa_value v;
        while (ansa_values_next(&values, &v) == ANSA_OK)
                printf("%u\t%.*s\t%.*s\n", v.index, (int)v.type.size, (const char *)v.type.at,
                       (int)v.data.size, (const char *)v.data.at);
        if (err != ANSA_OK)
                (void)fprintf(stderr, "%s\n", ansa_call_answer(call)->problem);
out:
        ansa_call_free(call);
        ansa_client_free(client);
        return err == ANSA_OK ? 0 : 1;
}
