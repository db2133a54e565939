/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/key_process_inside.h"

#include <errno.h>
#include <sys/socket.h>

/* Questions and answers on a socket, whole or not at all. */

static bool put_all(int fd, struct ansa_bytes data)
{
        while (data.size > 0) {
                ssize_t n = send(fd, data.at, data.size, MSG_NOSIGNAL);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return false;
                data.at += n;
                data.size -= (size_t)n;
        }
        return true;
}

static bool get_all(int fd, uint8_t *at, size_t size)
{
        while (size > 0) {
                ssize_t n = recv(fd, at, size, 0);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return false;
                at += n;
                size -= (size_t)n;
        }
        return true;
}

bool key_put_question(int fd, const struct key_question *q)
{
        uint8_t at[12];
        struct buf head = buf_over(at, sizeof(at));
        buf_u32(&head, q->what);
        buf_u32(&head, q->number);
        buf_u32(&head, (uint32_t)q->data.size);
        return put_all(fd, buf_written(&head)) && put_all(fd, q->data);
}

bool key_get_question(int fd, struct key_question *q, uint8_t *data, size_t room)
{
        uint8_t at[12];
        if (!get_all(fd, at, sizeof(at)))
                return false;
        struct cursor c = cursor_over((struct ansa_bytes){ at, sizeof(at) });
        q->what = cursor_u32(&c);
        q->number = cursor_u32(&c);
        q->data = (struct ansa_bytes){ data, cursor_u32(&c) };
        return q->data.size <= room && get_all(fd, data, q->data.size);
}

bool key_put_answer(int fd, uint32_t err, struct ansa_bytes answer)
{
        uint8_t at[8];
        struct buf head = buf_over(at, sizeof(at));
        buf_u32(&head, err);
        buf_u32(&head, (uint32_t)answer.size);
        return put_all(fd, buf_written(&head)) && put_all(fd, answer);
}

bool key_get_answer(int fd, uint32_t *err, struct buf *answer)
{
        uint8_t at[8];
        if (!get_all(fd, at, sizeof(at)))
                return false;
        struct cursor c = cursor_over((struct ansa_bytes){ at, sizeof(at) });
        *err = cursor_u32(&c);
        uint32_t size = cursor_u32(&c);
        if (size > KEY_ANSWER_MAX)
                return false;
        uint8_t *room = buf_take(answer, size);
        return room != NULL && get_all(fd, room, size);
}
