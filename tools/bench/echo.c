/* Echo: what the system itself can do. Takes datagrams in batches as a UDP worker does, sets QR,
 * sends them back, and does nothing else: an upper bound for any server of one thread.
 *
 * usage: echo ADDRESS PORT [BATCH]
 * Serves until it is ended by a signal. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
    BATCH_PRESET = 32,
    BATCH_MAX = 128,
    BUFFER_LEN = 4096,
    SOCKET_BUFFER = 1 << 20,
    FLAGS_AT = 2,
    FLAG_QR = 0x80
};

static uint8_t buffers[BATCH_MAX][BUFFER_LEN];
static struct sockaddr_in peers[BATCH_MAX];
static struct iovec octets[BATCH_MAX];
static struct mmsghdr messages[BATCH_MAX];

static int fail(const char *what)
{
    fprintf(stderr, "echo: %s: %s\n", what, strerror(errno));
    return 1;
}

/* A number of the command line, or 0. */
static unsigned number(const char *text, unsigned most)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    return *end == '\0' && value <= most ? (unsigned)value : 0;
}

static int listen_at(const char *address, unsigned port)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int size = SOCKET_BUFFER, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || inet_pton(AF_INET, address, &in.sin_addr) != 1) {
        return -1;
    }
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
    return bind(fd, (struct sockaddr *)&in, sizeof(in)) ? -1 : fd;
}

static void prepare(unsigned batch)
{
    for (unsigned i = 0; i < batch; i++) {
        octets[i] = (struct iovec){buffers[i], BUFFER_LEN};
        messages[i].msg_hdr = (struct msghdr){.msg_name = &peers[i],
                                              .msg_namelen = sizeof(peers[i]),
                                              .msg_iov = &octets[i],
                                              .msg_iovlen = 1};
    }
}

/* What cannot be sent is dropped, as by a server. */
static void send_back(int fd, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        octets[i].iov_len = messages[i].msg_len;
        buffers[i][FLAGS_AT] |= FLAG_QR;
    }
    for (unsigned sent = 0; sent < count;) {
        int n = sendmmsg(fd, messages + sent, count - sent, 0);
        sent += n > 0 ? (unsigned)n : 1;
    }
}

int main(int argc, char **argv)
{
    unsigned port = argc > 2 ? number(argv[2], UINT16_MAX) : 0;
    unsigned batch = argc > 3 ? number(argv[3], BATCH_MAX) : BATCH_PRESET;
    if (argc < 3 || argc > 4 || port == 0 || batch == 0) {
        fprintf(stderr, "usage: echo ADDRESS PORT [BATCH]\n");
        return 2;
    }
    int fd = listen_at(argv[1], port);
    if (fd < 0) {
        return fail(argv[1]);
    }
    for (;;) {
        prepare(batch);
        int n = recvmmsg(fd, messages, batch, MSG_WAITFORONE, NULL);
        if (n < 0 && errno != EINTR) {
            return fail("recvmmsg");
        }
        send_back(fd, n > 0 ? (unsigned)n : 0);
    }
}
