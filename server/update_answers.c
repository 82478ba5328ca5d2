#include "server/update_answers.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/check.h"
#include "base/mem.h"

enum { WAITING_MAX = 64 };

/* One datagram that waits. */
struct waiting {
    struct update_return back;
    struct iovec octets;
    uint8_t message[UPDATE_ANSWERS_MAX];
};

struct update_answers {
    struct stat_set *stat;
    unsigned count;
    struct waiting waiting[WAITING_MAX];
    struct mmsghdr headers[WAITING_MAX];
};

struct update_answers *update_answers_create(struct stat_set *stat)
{
    struct update_answers *answers = mem_alloc(sizeof(*answers));
    answers->stat = stat;
    return answers;
}

void update_answers_destroy(struct update_answers *answers)
{
    mem_free(answers);
}

void update_answers_add(struct update_answers *answers, const struct update_return *back,
                        const uint8_t *message, size_t len)
{
    CHECK(len <= UPDATE_ANSWERS_MAX);
    if (!back->is_datagram) {
        back->send(back, message, len);
        return;
    }
    if (answers->count == WAITING_MAX) {
        update_answers_flush(answers);
    }
    struct waiting *waiting = &answers->waiting[answers->count];
    waiting->back = *back;
    waiting->octets = (struct iovec){waiting->message, len};
    memcpy(waiting->message, message, len);
    answers->headers[answers->count++].msg_hdr = (struct msghdr){
        .msg_name = &waiting->back.address,
        .msg_namelen = back->address_len,
        .msg_iov = &waiting->octets,
        .msg_iovlen = 1,
        .msg_control = back->control_len ? waiting->back.control : NULL,
        .msg_controllen = back->control_len,
    };
}

/* How many from one place on leave by the same socket. */
static unsigned run_of(const struct update_answers *answers, unsigned from)
{
    unsigned end = from + 1;
    while (end < answers->count &&
           answers->waiting[end].back.fd == answers->waiting[from].back.fd) {
        end++;
    }
    return end - from;
}

void update_answers_flush(struct update_answers *answers)
{
    for (unsigned at = 0; at < answers->count;) {
        int n = sendmmsg(answers->waiting[at].back.fd, answers->headers + at, run_of(answers, at),
                         MSG_DONTWAIT);
        if (n > 0) {
            at += (unsigned)n;
        } else if (errno != EINTR) {
            stat_add(answers->stat, STAT_udp_send_error, 1);
            at++; /* this one is lost, the others go on */
        }
    }
    answers->count = 0;
}
