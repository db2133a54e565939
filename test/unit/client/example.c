/* SPDX-License-Identifier: Apache-2.0 */
/* example PROGRAM: what examples/resolve.c says to a server that knows one identifier. */
#include "fake.h"

#include <stdio.h>
#include <stdlib.h>

static void says_url(struct fake_exchange *x)
{
        static const char *const values[] = { "1:URL:http://example.org/", "2:EMAIL:a@example.org",
                                              NULL };
        struct resolve_request r;
        if (resolve_request_decode(x->request.body, &r) != ANSA_OK || r.types.count > 1)
                abort();
        if (ansa_bytes_equal(r.name, ANSA_BYTES_LIT("35.TEST/1")))
                fake_record(x, "35.TEST/1", values);
        else
                fake_respond(x, RC_NOT_FOUND, 0, ANSA_BYTES_LIT("\0\0\0\0"));
}

/* Standard output of the program, and its exit status. */
static int run(const char *program, uint16_t port, const char *name, char *text, size_t room)
{
        char command[4096];
        (void)snprintf(command, sizeof(command), "'%s' 127.0.0.1:%u %s URL 2>/dev/null", program,
                       port, name);
        FILE *pipe = popen(command, "r");
        if (pipe == NULL)
                return -1;
        size_t n = fread(text, 1, room - 1, pipe);
        text[n] = '\0';
        return pclose(pipe);
}

int main(int argc, char **argv)
{
        char text[256];
        struct fake f = { .handler = says_url };
        if (argc != 2)
                return 2;
        fake_start(&f);
        int found = run(argv[1], f.port, "hdl:35.TEST/1", text, sizeof(text));
        bool right = strcmp(text, "1\tURL\thttp://example.org/\n2\tEMAIL\ta@example.org\n") == 0;
        int absent = run(argv[1], f.port, "35.TEST/2", text, sizeof(text));
        fake_stop(&f);
        if (found != 0 || !right || absent == 0 || text[0] != '\0') {
                (void)fprintf(stderr, "found %d, right %d, absent %d: %s\n", found, right, absent,
                              text);
                return 1;
        }
        return 0;
}
